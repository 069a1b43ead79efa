// SPDX-License-Identifier: Apache-2.0
#include "query/plan/sort_pattern.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "engine/bson/number.h"

namespace cairn::plan {
namespace {

// 1 or -1; the codes are those of MongoDB's $sort.
Result<int> ParseDirection(std::string_view name, bson::Value value) {
  if (!value.IsNumber()) {
    return Status(ErrorCode::kLocation15974,
                  "Illegal key in sort specification: " + std::string(name) +
                      ": expected 1 or -1, not " + std::string(bson::TypeName(value.type())));
  }
  const auto direction = bson::ToInt64Exact(bson::Number::From(value));
  if (direction != 1 && direction != -1) {
    return Status(ErrorCode::kLocation15975,
                  "sort direction of '" + std::string(name) +
                      "' must be 1 (for ascending) or -1 (for descending)");
  }
  return static_cast<int>(*direction);
}

Result<path::FieldPath> ParsePath(std::string_view name) {
  if (name.empty()) {
    return Status(ErrorCode::kLocation40352, "a sort field must not be the empty string");
  }
  if (name.back() == '.') {
    return Status(ErrorCode::kLocation40353,
                  "sort field '" + std::string(name) + "' must not end with a '.'");
  }
  if (static_cast<size_t>(std::count(name.begin(), name.end(), '.')) >= path::kPathPartsMax) {
    return Status(ErrorCode::kOverflow, "a sort field has too many parts");
  }
  CAIRN_TRY_ASSIGN(path::FieldPath path, path::FieldPath::Parse(name));
  for (size_t i = 0; i < path.size(); ++i) {
    if (path.part(i).empty()) {
      return Status(ErrorCode::kLocation15998,
                    "sort field '" + std::string(name) + "' has an empty part");
    }
    if (path.part(i).front() == '$') {
      return Status(ErrorCode::kLocation16410,
                    "sort field '" + std::string(name) + "' has a part that begins with '$'");
    }
  }
  return path;
}

}  // namespace

Result<SortPattern> SortPattern::Parse(bson::View sort) {
  SortPattern pattern;
  for (const bson::Element& element : sort) {
    if (pattern.fields_.size() == kSortFieldsMax) {
      return Status(ErrorCode::kLocation13103, "a sort has at most 32 fields");
    }
    if (pattern.natural_ != 0 || (element.name == "$natural" && !pattern.fields_.empty())) {
      return Status(ErrorCode::kBadValue, "$natural sort cannot be combined with other fields");
    }
    CAIRN_TRY_ASSIGN(const int direction, ParseDirection(element.name, element.value));
    if (element.name == "$natural") {
      pattern.natural_ = direction;
      continue;
    }
    CAIRN_TRY_ASSIGN(path::FieldPath path, ParsePath(element.name));
    const auto same = [&path](const SortField& field) {
      return field.path.dotted() == path.dotted();
    };
    // A field that is named twice decides nothing the second time.
    if (std::any_of(pattern.fields_.begin(), pattern.fields_.end(), same)) continue;
    pattern.fields_.push_back({std::move(path), direction < 0});
  }
  return pattern;
}

}  // namespace cairn::plan
