// SPDX-License-Identifier: Apache-2.0
#include "query/expression/element_order.h"

#include <algorithm>
#include <string>

#include "engine/base/bounded_sort.h"
#include "engine/base/try.h"
#include "engine/bson/number.h"

namespace cairn::expression {
namespace {

constexpr size_t kSortKeysMax = 64;

bson::Value KeyOf(bson::Value element, const path::FieldPath& path) {
  for (size_t i = 0; i < path.size(); ++i) {
    if (element.type() != bson::Type::kDocument && element.type() != bson::Type::kArray) {
      return bson::Value(bson::Type::kNull, "");
    }
    element = element.AsView().Find(path.part(i));
  }
  return element.missing() ? bson::Value(bson::Type::kNull, "") : element;
}

// Whether the order is descending.
Result<bool> ParseDirection(bson::Value value) {
  const auto direction =
      value.IsNumber() ? bson::ToInt64Exact(bson::Number::From(value)) : std::nullopt;
  if (direction && (*direction == 1 || *direction == -1)) return *direction == -1;
  return Status(ErrorCode::kBadValue, "The sort element value must be either 1 or -1");
}

}  // namespace

Result<ElementOrder> ElementOrder::Parse(bson::Value value) {
  ElementOrder order;
  if (value.IsNumber()) {
    CAIRN_TRY_ASSIGN(order.whole_descending_, ParseDirection(value));
    return order;
  }
  if (value.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kBadValue,
                  "The sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to "
                  "sort embedded fields");
  }
  for (const bson::Element& element : value.AsView()) {
    CAIRN_TRY_ASSIGN(auto path, path::FieldPath::Parse(element.name));
    for (size_t i = 0; i < path.size(); ++i) {
      if (!path.part(i).empty()) continue;
      return Status(ErrorCode::kBadValue,
                    "The sort field is a dotted field but has an empty part: " + path.dotted());
    }
    if (order.keys_.size() == kSortKeysMax) {
      return Status(ErrorCode::kBadValue, "The sort has too many fields");
    }
    CAIRN_TRY_ASSIGN(const bool descending, ParseDirection(element.value));
    order.keys_.push_back({std::move(path), descending});
  }
  if (order.keys_.empty()) {
    return Status(ErrorCode::kBadValue,
                  "The sort pattern is empty when it should be a set of fields.");
  }
  return order;
}

Status ElementOrder::Sort(const collation::Collator* collator,
                          std::vector<bson::Value>* values) const {
  if (keys_.empty()) {
    return base::SortWithinDeadline(values->begin(), values->end(),
                                    [this, collator](bson::Value a, bson::Value b) {
                                      const int order = collation::CompareValues(a, b, collator);
                                      return whole_descending_ ? order > 0 : order < 0;
                                    });
  }
  struct Row {
    bson::Value value;
    std::vector<bson::Value> keys;
  };
  std::vector<Row> rows;
  rows.reserve(values->size());
  for (const bson::Value value : *values) {
    Row& row = rows.emplace_back(Row{value, {}});
    for (const Key& key : keys_) row.keys.push_back(KeyOf(value, key.path));
  }
  const auto less = [this, collator](const Row& a, const Row& b) {
    for (size_t i = 0; i < keys_.size(); ++i) {
      const int order = collation::CompareValues(a.keys[i], b.keys[i], collator);
      if (order != 0) return keys_[i].descending ? order > 0 : order < 0;
    }
    return false;
  };
  CAIRN_TRY(base::SortWithinDeadline(rows.begin(), rows.end(), less));
  for (size_t i = 0; i < rows.size(); ++i) (*values)[i] = rows[i].value;
  return Status::Ok();
}

}  // namespace cairn::expression
