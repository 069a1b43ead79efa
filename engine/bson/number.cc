// SPDX-License-Identifier: Apache-2.0
// Promotion, overflow and conversion. Exact comparison is in number_compare.cc.
#include "engine/bson/number.h"

#include <cmath>
#include <limits>

#include "engine/bson/decimal_arithmetic.h"
#include "engine/bson/decimal_coefficient.h"

namespace cairn::bson {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

bool FitsInt32(int64_t value) {
  return value >= std::numeric_limits<int32_t>::min() &&
         value <= std::numeric_limits<int32_t>::max();
}

/// An integer result of operands of types a and b: as wide as the wider one, wider if it must be.
Number IntegerResult(Type a, Type b, int64_t value) {
  return a == Type::kInt32 && b == Type::kInt32 ? Number::Smallest(value) : Number::Int64(value);
}

Status OverflowError(Number a, char sign, Number b) {
  return Status(ErrorCode::kOverflow, "integer overflow: " + std::to_string(a.integer()) + " " +
                                          sign + " " + std::to_string(b.integer()) +
                                          " does not fit in 64 bits");
}

/// One operation, over whichever of the three kinds both operands are promoted to.
template <typename Integers, typename Reals, typename Decimals>
Result<Number> Operate(Number a, Number b, OnOverflow on_overflow, char sign, Integers integers,
                       Reals reals, Decimals decimals) {
  if (a.type() == Type::kDecimal128 || b.type() == Type::kDecimal128) {
    return Number::Decimal(decimals(ToDecimal(a), ToDecimal(b)));
  }
  if (a.IsInteger() && b.IsInteger()) {
    int64_t result = 0;
    if (!integers(a.integer(), b.integer(), &result)) {
      return IntegerResult(a.type(), b.type(), result);
    }
    if (on_overflow == OnOverflow::kError) return OverflowError(a, sign, b);
  }
  return Number::Double(reals(ToDouble(a), ToDouble(b)));
}

/// |value| rounded toward zero as an integer, if it fits in 64 bits; `exact` says whether it was
/// one.
std::optional<uint64_t> Magnitude(const DecimalParts& parts, bool* exact) {
  *exact = true;
  if (parts.kind != DecimalParts::Class::kFinite) return std::nullopt;
  Uint128 coefficient = Coefficient(parts);
  if (coefficient == 0) return 0;
  const int exponent = parts.exponent();
  if (exponent > 19) return std::nullopt;
  if (exponent > 0) {
    const Uint128 power = kPowersOfTen[static_cast<size_t>(exponent)];
    if (coefficient > std::numeric_limits<uint64_t>::max() / power) return std::nullopt;
    coefficient *= power;
  } else if (exponent <= -kDecimalDigits) {
    *exact = false;
    return 0;
  } else {
    const Uint128 power = kPowersOfTen[static_cast<size_t>(-exponent)];
    *exact = coefficient % power == 0;
    coefficient /= power;
  }
  if (coefficient > std::numeric_limits<uint64_t>::max()) return std::nullopt;
  return static_cast<uint64_t>(coefficient);
}

std::optional<int64_t> WithSign(uint64_t magnitude, bool negative) {
  constexpr uint64_t kLimit = uint64_t{1} << 63;
  if (magnitude > kLimit - (negative ? 0 : 1)) return std::nullopt;
  return static_cast<int64_t>(negative ? uint64_t{0} - magnitude : magnitude);
}

enum class Rounding { kExact, kTruncate, kFloor };

std::optional<int64_t> RealToInt64(double value, Rounding rounding) {
  if (std::isnan(value)) return std::nullopt;
  const double whole = rounding == Rounding::kFloor ? std::floor(value) : std::trunc(value);
  if (rounding == Rounding::kExact && whole != value) return std::nullopt;
  if (whole < -kTwoTo63 || whole >= kTwoTo63) return std::nullopt;
  return static_cast<int64_t>(whole);
}

std::optional<int64_t> DecimalToInt64(const Decimal128& value, Rounding rounding) {
  const DecimalParts parts = SplitDecimal(value);
  bool exact = false;
  std::optional<uint64_t> magnitude = Magnitude(parts, &exact);
  if (!magnitude) return std::nullopt;
  if (!exact && rounding == Rounding::kExact) return std::nullopt;
  if (!exact && rounding == Rounding::kFloor && parts.negative) {
    if (*magnitude == std::numeric_limits<uint64_t>::max()) return std::nullopt;
    ++*magnitude;
  }
  return WithSign(*magnitude, parts.negative);
}

std::optional<int64_t> ToInt64(Number number, Rounding rounding) {
  if (number.IsInteger()) return number.integer();
  if (number.type() == Type::kDouble) return RealToInt64(number.real(), rounding);
  return DecimalToInt64(number.decimal(), rounding);
}

}  // namespace

Number Number::Smallest(int64_t value) noexcept {
  return FitsInt32(value) ? Int32(static_cast<int32_t>(value)) : Int64(value);
}

Number Number::From(Value value) noexcept {
  switch (value.type()) {
    case Type::kInt32:
      return Int32(value.AsInt32());
    case Type::kInt64:
      return Int64(value.AsInt64());
    case Type::kDouble:
      return Double(value.AsDouble());
    default:
      return Decimal(value.AsDecimal128());
  }
}

void Number::AppendTo(Builder* builder, std::string_view name) const {
  switch (type_) {
    case Type::kInt32:
      builder->AppendInt32(name, static_cast<int32_t>(integer_));
      return;
    case Type::kInt64:
      builder->AppendInt64(name, integer_);
      return;
    case Type::kDouble:
      builder->AppendDouble(name, real_);
      return;
    default:
      builder->AppendDecimal128(name, decimal_);
  }
}

Result<Number> Add(Number a, Number b, OnOverflow on_overflow) {
  return Operate(
      a, b, on_overflow, '+',
      [](int64_t x, int64_t y, int64_t* r) { return __builtin_add_overflow(x, y, r); },
      [](double x, double y) { return x + y; }, AddDecimals);
}

Result<Number> Subtract(Number a, Number b, OnOverflow on_overflow) {
  return Operate(
      a, b, on_overflow, '-',
      [](int64_t x, int64_t y, int64_t* r) { return __builtin_sub_overflow(x, y, r); },
      [](double x, double y) { return x - y; }, SubtractDecimals);
}

Result<Number> Multiply(Number a, Number b, OnOverflow on_overflow) {
  return Operate(
      a, b, on_overflow, '*',
      [](int64_t x, int64_t y, int64_t* r) { return __builtin_mul_overflow(x, y, r); },
      [](double x, double y) { return x * y; }, MultiplyDecimals);
}

Result<Number> Negate(Number a, OnOverflow on_overflow) {
  if (a.type() == Type::kDouble) return Number::Double(-a.real());
  if (a.type() == Type::kDecimal128) {
    DecimalParts parts = SplitDecimal(a.decimal());
    if (parts.kind != DecimalParts::Class::kNaN) parts.negative = !parts.negative;
    return Number::Decimal(JoinDecimal(parts));
  }
  return Subtract(a.type() == Type::kInt32 ? Number::Int32(0) : Number::Int64(0), a, on_overflow);
}

double ToDouble(Number number) noexcept {
  if (number.IsInteger()) return static_cast<double>(number.integer());
  if (number.type() == Type::kDouble) return number.real();
  return DecimalToNearestDouble(number.decimal());
}

Decimal128 ToDecimal(Number number) {
  if (number.IsInteger()) return Decimal128::FromInt64(number.integer());
  if (number.type() == Type::kDouble) return Decimal128::FromDouble(number.real());
  return number.decimal();
}

std::optional<int64_t> ToInt64Exact(Number number) noexcept {
  return ToInt64(number, Rounding::kExact);
}

std::optional<int32_t> ToInt32Exact(Number number) noexcept {
  const std::optional<int64_t> wide = ToInt64Exact(number);
  if (!wide || !FitsInt32(*wide)) return std::nullopt;
  return static_cast<int32_t>(*wide);
}

std::optional<int64_t> ToInt64Truncated(Number number) noexcept {
  return ToInt64(number, Rounding::kTruncate);
}

std::optional<int64_t> ToInt64Floor(Number number) noexcept {
  return ToInt64(number, Rounding::kFloor);
}

bool IsNaN(Number number) noexcept {
  if (number.type() == Type::kDouble) return std::isnan(number.real());
  return number.type() == Type::kDecimal128 && number.decimal().IsNaN();
}

int Sign(Number number) noexcept {
  if (IsNaN(number)) return 0;
  return CompareNumbers(number, Number::Int32(0));
}

double FloorToDouble(const Decimal128& value) noexcept {
  const double below = DecimalToDoubleBelow(value);
  return below == 0 ? 0 : below;
}

double FloorToDouble(int64_t value) noexcept {
  const auto nearest = static_cast<double>(value);
  // Conversion rounds to nearest; 2^63 itself is no int64, so it was rounded up.
  if (nearest == kTwoTo63 || static_cast<int64_t>(nearest) > value) {
    return std::nextafter(nearest, -kTwoTo63 * 2);
  }
  return nearest;
}

}  // namespace cairn::bson
