// SPDX-License-Identifier: Apache-2.0
// Array filters: an element is asked as the field of that name of a document made for it.
#include "query/update/array_filters.h"

#include "engine/base/try.h"
#include "query/update/condition.h"

namespace cairn::update {
namespace {

// Adds the first parts of the paths in `filter` to `name`, all of which must be the same. The
// filter has been parsed, so its depth is bounded.
Status FindIdentifier(bson::View filter, std::string* name) {
  for (const bson::Element& element : filter) {
    if (!element.name.starts_with('$')) {
      const std::string_view part = element.name.substr(0, element.name.find('.'));
      if (!name->empty() && *name != part) {
        return Status(
            ErrorCode::kFailedToParse,
            "Error parsing array filter: Expected a single top-level field name, found '" + *name +
                "' and '" + std::string(part) + "'");
      }
      *name = part;
    } else if (element.value.type() == bson::Type::kArray && element.name != "$comment") {
      for (const bson::Element& branch : element.value.AsView()) {
        if (branch.value.type() == bson::Type::kDocument) {
          CAIRN_TRY(FindIdentifier(branch.value.AsView(), name));
        }
      }
    }
  }
  return Status::Ok();
}

Status CheckIdentifier(std::string_view name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  bool valid = !name.empty() && is_lower(name[0]);
  for (const char c : name) {
    valid = valid && (is_lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
  }
  if (valid) return Status::Ok();
  return Status(ErrorCode::kBadValue,
                "Error parsing array filter: The top-level field name must be an alphanumeric "
                "string beginning with a lowercase letter, found '" +
                    std::string(name) + "'");
}

}  // namespace

Result<ArrayFilters> ArrayFilters::Parse(std::span<const bson::Document> filters,
                                         const expression::Globals& globals) {
  if (filters.size() > kArrayFiltersMax) {
    return Status(ErrorCode::kBadValue, "an update may have at most " +
                                            std::to_string(kArrayFiltersMax) + " array filters");
  }
  ArrayFilters parsed;
  for (const bson::Document& filter : filters) {
    CAIRN_TRY_ASSIGN(auto matcher, ParseCondition(filter, globals));
    std::string name;
    CAIRN_TRY(FindIdentifier(filter, &name));
    if (name.empty()) {
      return Status(ErrorCode::kFailedToParse,
                    "Cannot use an expression without a top-level field name in arrayFilters");
    }
    CAIRN_TRY(CheckIdentifier(name));
    if (parsed.Find(name) >= 0) {
      return Status(ErrorCode::kFailedToParse,
                    "Found multiple array filters with the same top-level field name " + name);
    }
    parsed.filters_.push_back({std::move(name), std::move(matcher)});
  }
  return parsed;
}

int ArrayFilters::Find(std::string_view identifier) const {
  for (size_t i = 0; i < filters_.size(); ++i) {
    if (filters_[i].identifier == identifier) return static_cast<int>(i);
  }
  return -1;
}

Result<bool> ArrayFilters::Matches(size_t i, bson::Value element, std::string* scratch) const {
  bson::Builder builder(std::move(*scratch));
  builder.Append(filters_[i].identifier, element);
  bson::Document document = builder.Finish();
  Result<bool> matches = filters_[i].matcher.Matches(document);
  *scratch = std::move(document).TakeBytes();
  return matches;
}

}  // namespace cairn::update
