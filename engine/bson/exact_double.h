// SPDX-License-Identifier: Apache-2.0
// The quick way to compare ordinary numbers: most are doubles without any rounding. Pure; any
// thread.
#pragma once

#include "cairn/bson.h"

namespace cairn::bson {

/// Whether `value` is a number that a double holds exactly and that is found out at once: every
/// int32 and double (NaN included), and int64 up to 2^53. Then `out` is that double.
[[nodiscard]] inline bool IsExactDouble(Value value, double* out) noexcept {
  if (value.type() == Type::kInt32) {
    *out = value.AsInt32();
    return true;
  }
  if (value.type() == Type::kDouble) {
    *out = value.AsDouble();
    return true;
  }
  if (value.type() != Type::kInt64) return false;
  constexpr int64_t kExactMax = int64_t{1} << 53;
  const int64_t integer = value.AsInt64();
  *out = static_cast<double>(integer);
  return integer >= -kExactMax && integer <= kExactMax;
}

}  // namespace cairn::bson
