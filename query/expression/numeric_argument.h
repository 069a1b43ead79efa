// SPDX-License-Identifier: Apache-2.0
// What the operators of one number share: null for null, an error for what is no number. Any
// thread.
#pragma once

#include <string>

#include "engine/bson/number.h"
#include "query/expression/operators.h"

namespace cairn::expression {

/// `apply(bson::Number)` of the argument of `name`. Error: Location28765 for what is no number.
template <typename Apply>
Result<bson::Value> OfOneNumber(std::string_view name, bson::Value argument, Apply&& apply) {
  if (argument.IsNullish()) return Scratch::Null();
  if (!argument.IsNumber()) {
    return Status(ErrorCode::kLocation28765, std::string(name) +
                                                 " only supports numeric types, not " +
                                                 std::string(NameOfType(argument)));
  }
  return apply(bson::Number::From(argument));
}

}  // namespace cairn::expression
