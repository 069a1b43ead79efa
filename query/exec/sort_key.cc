// SPDX-License-Identifier: Apache-2.0
#include "query/exec/sort_key.h"

#include <utility>

#include "engine/base/try.h"
#include "engine/key/encoding.h"

namespace cairn::exec {
namespace {

bson::Document PatternOf(const plan::SortPattern& sort) {
  bson::Builder pattern;
  for (const plan::SortField& field : sort.fields()) {
    pattern.AppendInt32(field.path.dotted(), field.descending ? -1 : 1);
  }
  return pattern.Finish();
}

}  // namespace

SortKeys::SortKeys(const plan::SortPattern* sort,
                   std::shared_ptr<const collation::Collator> collator)
    : sort_(sort), generator_(PatternOf(*sort), std::move(collator)) {}

Result<std::string> SortKeys::Generate(bson::View document) {
  Status status = generator_.GenerateWhole(document, &keys_);
  if (status.code() == ErrorCode::kCannotIndexParallelArrays) {
    return Status(ErrorCode::kBadValue, "cannot sort with keys that are parallel arrays");
  }
  CAIRN_TRY(std::move(status));
  return keys_.keys().front().fields;
}

Result<bson::Document> SortKeys::Values(bson::View document) {
  CAIRN_TRY_ASSIGN(std::string key, Generate(document));
  key::FitKey(&key, key::kMaxFieldBytes);
  const bson::Document named = generator_.KeyValues(document, key);
  bson::Builder values;
  for (const bson::Element& field : named.view()) values.Append(values.NextIndex(), field.value);
  return values.Finish();
}

Status SortKeys::Append(bson::View document, std::string* key) {
  const size_t begin = key->size();
  for (size_t i = 0; i < sort_->fields().size(); ++i) {
    bson::Value value;
    if (!path::ValueWithoutArrays(document, sort_->fields()[i].path, &value)) {
      key->resize(begin);
      CAIRN_TRY_ASSIGN(const std::string generated, Generate(document));
      key->append(generated);
      return Status::Ok();
    }
    generator_.AppendField(static_cast<int>(i), value, key);
  }
  return Status::Ok();
}

}  // namespace cairn::exec
