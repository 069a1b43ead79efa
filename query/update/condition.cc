// SPDX-License-Identifier: Apache-2.0
// Conditions: a filter is searched for what it must not hold before it is parsed.
#include "query/update/condition.h"

#include <algorithm>
#include <string>

#include "engine/base/try.h"

namespace cairn::update {
namespace {

struct Refused {
  std::string_view name;
  ErrorCode code;
};

// table: sorted
constexpr Refused kRefused[] = {
    {"$expr", ErrorCode::kQueryFeatureNotAllowed},
    {"$geoNear", ErrorCode::kLocation5626500},
    {"$near", ErrorCode::kLocation5626500},
    {"$nearSphere", ErrorCode::kLocation5626500},
    {"$text", ErrorCode::kBadValue},
    {"$where", ErrorCode::kBadValue},
};
static_assert(std::ranges::is_sorted(kRefused, {}, &Refused::name));

bool IsOperator(const bson::Element& element) { return element.name.starts_with('$'); }

// Recursion is bounded by the depth of documents. Operands of $eq and the like are values, in which
// anything may stand.
Status CheckAllowed(bson::View filter) {
  for (const bson::Element& element : filter) {
    if (IsOperator(element)) {
      const auto* const row = std::ranges::lower_bound(kRefused, element.name, {}, &Refused::name);
      if (row != std::end(kRefused) && row->name == element.name) {
        return Status(row->code, std::string(element.name) + " is not allowed in this context");
      }
    }
    const bool opens = !IsOperator(element) || element.name == "$and" || element.name == "$or" ||
                       element.name == "$nor" || element.name == "$not" ||
                       element.name == "$elemMatch";
    if (!opens) continue;
    if (element.value.type() == bson::Type::kDocument) {
      const bson::View inner = element.value.AsView();
      const bool value = !IsOperator(element) && !inner.empty() && !IsOperator(*inner.begin());
      if (!value) CAIRN_TRY(CheckAllowed(inner));
    } else if (element.value.type() == bson::Type::kArray && IsOperator(element)) {
      for (const bson::Element& branch : element.value.AsView()) {
        if (branch.value.type() == bson::Type::kDocument) {
          CAIRN_TRY(CheckAllowed(branch.value.AsView()));
        }
      }
    }
  }
  return Status::Ok();
}

}  // namespace

Result<match::Matcher> ParseCondition(bson::View filter, const expression::Globals& globals) {
  CAIRN_TRY(CheckAllowed(filter));
  return match::Matcher::Parse(filter, globals);
}

}  // namespace cairn::update
