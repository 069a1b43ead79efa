// SPDX-License-Identifier: Apache-2.0
#include "query/restricted_operators.h"

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/try.h"

namespace cairn {
namespace {

using bson::Type;
using bson::Value;

Status CheckOperator(std::string_view name) {
  if (name == "$where" || name == "$text") {
    return Status(ErrorCode::kBadValue, std::string(name) + " is not allowed in this context");
  }
  if (name == "$near" || name == "$nearSphere" || name == "$geoNear") {
    return Status(ErrorCode::kLocation5626500,
                  "$geoNear, $near, and $nearSphere are not allowed in this context");
  }
  return Status::Ok();
}

bool IsOperatorDocument(Value value) {
  return value.type() == Type::kDocument && !value.AsView().empty() &&
         value.AsView().begin()->name.starts_with('$');
}

}  // namespace

Status CheckRestrictedOperators(bson::View filter) {
  std::vector<bson::View> open = {filter};
  while (!open.empty()) {
    const bson::View current = open.back();
    open.pop_back();
    for (const bson::Element& element : current) {
      CAIRN_TRY(CheckOperator(element.name));
      const Value value = element.value;
      if (element.name == "$and" || element.name == "$or" || element.name == "$nor") {
        if (value.type() != Type::kArray) continue;
        for (const bson::Element& branch : value.AsView()) {
          if (branch.value.type() == Type::kDocument) open.push_back(branch.value.AsView());
        }
      } else if (IsOperatorDocument(value) && element.name != "$expr" &&
                 element.name != "$jsonSchema") {
        open.push_back(value.AsView());
      }
    }
  }
  return Status::Ok();
}

}  // namespace cairn
