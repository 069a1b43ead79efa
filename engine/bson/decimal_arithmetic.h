// SPDX-License-Identifier: Apache-2.0
// Decimal128 arithmetic by Intel's library. Results are rounded to 34 digits, ties to even.
// Thread safety: pure functions.
#pragma once

#include "cairn/bson.h"

namespace cairn::bson {

[[nodiscard]] Decimal128 AddDecimals(const Decimal128& a, const Decimal128& b) noexcept;
[[nodiscard]] Decimal128 SubtractDecimals(const Decimal128& a, const Decimal128& b) noexcept;
[[nodiscard]] Decimal128 MultiplyDecimals(const Decimal128& a, const Decimal128& b) noexcept;
/// Division by zero gives an infinity or NaN.
[[nodiscard]] Decimal128 DivideDecimals(const Decimal128& a, const Decimal128& b) noexcept;
/// The remainder of a division cut to an integer, with the sign of `a`; NaN by zero.
[[nodiscard]] Decimal128 ModDecimals(const Decimal128& a, const Decimal128& b) noexcept;
/// The decimal with 34 digits nearest to `value`: exact for all short doubles.
[[nodiscard]] Decimal128 DecimalFromDouble(double value) noexcept;
/// The nearest double, ties to even; correctly rounded.
[[nodiscard]] double DecimalToNearestDouble(const Decimal128& value) noexcept;
/// The greatest double that is not greater.
[[nodiscard]] double DecimalToDoubleBelow(const Decimal128& value) noexcept;
/// <0, 0, >0; neither may be NaN.
[[nodiscard]] int CompareDecimals(const Decimal128& a, const Decimal128& b) noexcept;

}  // namespace cairn::bson
