// SPDX-License-Identifier: Apache-2.0
#include "query/distinct_values.h"

#include <algorithm>
#include <vector>

#include "engine/key/encoding.h"

namespace cairn {

void DistinctValues::Add(bson::Value value) {
  if (value.missing() || values_.size() > size_t{bson::kMaxDocumentBytes}) return;
  key_.clear();
  key::AppendValue(collation::Collated(value, collator_.get()).value(), key::Direction::kAscending,
                   &key_);
  if (seen_.insert(key_).second) values_.Append(values_.NextIndex(), value);
}

Status DistinctValues::AddFrom(bson::View document) {
  path::ForEachValue(document, path_, false, [this](bson::Value value) {
    if (value.type() == bson::Type::kArray) {
      for (const bson::Element& element : value.AsView()) Add(element.value);
    } else {
      Add(value);
    }
    return false;
  });
  // One byte is still to come: the end of the array.
  if (values_.size() + 1 > size_t{bson::kMaxDocumentBytes}) {
    return Status(ErrorCode::kLocation17217, "distinct too big, 16mb cap");
  }
  return Status::Ok();
}

bson::Document DistinctValues::Finish() {
  const bson::Document collected = values_.Finish();
  std::vector<bson::Value> sorted;
  for (const bson::Element& element : collected.view()) sorted.push_back(element.value);
  std::sort(sorted.begin(), sorted.end(), [this](bson::Value a, bson::Value b) {
    return collation::CompareValues(a, b, collator_.get()) < 0;
  });
  bson::Builder values;
  for (const bson::Value value : sorted) values.Append(values.NextIndex(), value);
  return values.Finish();
}

}  // namespace cairn
