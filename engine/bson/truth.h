// SPDX-License-Identifier: Apache-2.0
// When a value counts as true, as in $exists, projections and conditions. Pure; any thread.
#pragma once

#include "cairn/bson.h"
#include "engine/bson/number.h"

namespace cairn::bson {

/// False for false, every zero, null, undefined and a missing value; true for all else, NaN
/// included.
[[nodiscard]] inline bool IsTrue(Value value) noexcept {
  if (value.type() == Type::kBool) return value.AsBool();
  if (value.IsNumber()) return CompareNumbers(Number::From(value), Number::Int32(0)) != 0;
  return !value.IsNullish();
}

}  // namespace cairn::bson
