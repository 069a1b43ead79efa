// SPDX-License-Identifier: Apache-2.0
// Decimal128 arithmetic by Intel's library. Results are rounded to 34 digits, ties to even.
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>

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

/// Functions of one argument, as <cmath> has them; NaN outside their domain.
enum class DecimalFunction : uint8_t {
  kAcos,
  kAcosh,
  kAsin,
  kAsinh,
  kAtan,
  kAtanh,
  kCos,
  kCosh,
  kExp,
  kLog,
  kLog10,
  kSin,
  kSinh,
  kSqrt,
  kTan,
  kTanh,
};
[[nodiscard]] Decimal128 ApplyDecimal(DecimalFunction function, const Decimal128& value) noexcept;
[[nodiscard]] Decimal128 PowDecimals(const Decimal128& base, const Decimal128& power) noexcept;
[[nodiscard]] Decimal128 Atan2Decimals(const Decimal128& y, const Decimal128& x) noexcept;

enum class DecimalRounding : uint8_t { kNearestEven, kDown, kUp, kTowardZero };
/// `value` with this exponent; empty when that needs more than 34 digits, and for infinities and
/// NaN.
[[nodiscard]] std::optional<Decimal128> QuantizeDecimal(const Decimal128& value, int exponent,
                                                        DecimalRounding rounding) noexcept;
/// The nearest decimal, with all 34 digits (Decimal128::FromDouble keeps 15).
[[nodiscard]] Decimal128 DecimalFromDoubleFully(double value) noexcept;

}  // namespace cairn::bson
