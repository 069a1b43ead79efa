// SPDX-License-Identifier: Apache-2.0
// Arithmetic, conversion and comparison of numbers of all four types. The only place with
// mixed-type arithmetic. Types are promoted as in MongoDB: int32 < int64 < double < decimal.
//
// Thread safety: all functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "cairn/bson.h"

namespace cairn::bson {

/// A number of any of the four types, by value. The type is kDouble, kInt32, kInt64 or kDecimal128.
class Number {
 public:
  constexpr Number() noexcept : integer_(0) {}  ///< int32 0.
  static Number Int32(int32_t value) noexcept { return Number(Type::kInt32, value); }
  static Number Int64(int64_t value) noexcept { return Number(Type::kInt64, value); }
  static Number Double(double value) noexcept { return Number(value); }
  static Number Decimal(const Decimal128& value) noexcept { return Number(value); }
  /// int32 if it fits, otherwise int64.
  static Number Smallest(int64_t value) noexcept;
  /// `value` must be a number.
  static Number From(Value value) noexcept;

  Type type() const noexcept { return type_; }
  bool IsInteger() const noexcept { return type_ == Type::kInt32 || type_ == Type::kInt64; }
  /// Of either integer type.
  int64_t integer() const noexcept { return integer_; }
  double real() const noexcept { return real_; }
  const Decimal128& decimal() const noexcept { return decimal_; }

  void AppendTo(Builder* builder, std::string_view name) const;

 private:
  constexpr Number(Type type, int64_t value) noexcept : integer_(value), type_(type) {}
  explicit constexpr Number(double value) noexcept : real_(value), type_(Type::kDouble) {}
  explicit constexpr Number(const Decimal128& value) noexcept
      : decimal_(value), type_(Type::kDecimal128) {}
  union {
    int64_t integer_;
    double real_;
    Decimal128 decimal_;
  };
  Type type_ = Type::kInt32;
};

/// What becomes of an integer result outside int64. Results of int32 operands that do not fit in
/// int32 always become int64.
enum class OnOverflow {
  kError,   ///< An Overflow error: $inc, $mul.
  kDouble,  ///< The result as a double: aggregation.
};

/// Error: Overflow.
[[nodiscard]] Result<Number> Add(Number a, Number b, OnOverflow on_overflow);
/// Error: Overflow.
[[nodiscard]] Result<Number> Subtract(Number a, Number b, OnOverflow on_overflow);
/// Error: Overflow.
[[nodiscard]] Result<Number> Multiply(Number a, Number b, OnOverflow on_overflow);
/// Error: Overflow.
[[nodiscard]] Result<Number> Negate(Number a, OnOverflow on_overflow);

/// The nearest double (ties to even); decimals outside its range become 0 or an infinity.
[[nodiscard]] double ToDouble(Number number) noexcept;
/// The decimal: integers exactly, doubles with 15 digits (Decimal128::FromDouble).
[[nodiscard]] Decimal128 ToDecimal(Number number);
/// The integer that equals `number`; empty when there is none in int64 (fractions, NaN, too big).
[[nodiscard]] std::optional<int64_t> ToInt64Exact(Number number) noexcept;
/// As ToInt64Exact for int32.
[[nodiscard]] std::optional<int32_t> ToInt32Exact(Number number) noexcept;
/// Rounded toward zero; empty for NaN, infinities and results outside int64.
[[nodiscard]] std::optional<int64_t> ToInt64Truncated(Number number) noexcept;
/// Rounded toward minus infinity; empty for NaN, infinities and results outside int64.
[[nodiscard]] std::optional<int64_t> ToInt64Floor(Number number) noexcept;
[[nodiscard]] bool IsNaN(Number number) noexcept;
/// -1, 0 or 1; NaN gives 0.
[[nodiscard]] int Sign(Number number) noexcept;

/// Exact over all types, no rounding: <0, 0, >0. All NaN are equal and below everything; -0 == 0.
[[nodiscard]] int CompareNumbers(Number a, Number b) noexcept;
/// Both must be numbers.
[[nodiscard]] int CompareNumbers(Value a, Value b) noexcept;

/// The parts of a decimal: (-1)^negative * coefficient * 10^exponent, when it is finite.
struct DecimalParts {
  enum class Class : uint8_t { kFinite, kInfinite, kNaN };
  Class kind = Class::kFinite;
  bool negative = false;
  int32_t biased_exponent = 0;  ///< 0..12287; exponent() = biased_exponent - 6176.
  uint64_t coefficient_high =
      0;  ///< Of 113 bits, below 10^34. A non-canonical coefficient reads as 0.
  uint64_t coefficient_low = 0;

  int32_t exponent() const noexcept { return biased_exponent - 6176; }
  bool IsZero() const noexcept {
    return kind == Class::kFinite && coefficient_high == 0 && coefficient_low == 0;
  }
  bool operator==(const DecimalParts&) const = default;
};

/// Takes a decimal apart; members of one cohort (1.0 and 1.00) stay different.
[[nodiscard]] DecimalParts SplitDecimal(const Decimal128& value) noexcept;
/// The same number with all trailing zeros moved from the coefficient into the exponent (which may
/// exceed the format's range by up to 33); zero has exponent 0. Equal numbers have equal parts,
/// apart from the sign of zero.
[[nodiscard]] DecimalParts StripTrailingZeros(DecimalParts parts) noexcept;
/// How many decimal digits the coefficient has: 1 for zero, at most 34.
[[nodiscard]] int CoefficientDigits(const DecimalParts& parts) noexcept;
/// Finite parts scaled so that the coefficient has exactly 34 digits (10^33 <= coefficient <
/// 10^34): then (biased_exponent, coefficient) orders magnitudes. The exponent may leave the
/// format's range by up to 33 below. Zero stays zero with exponent 0.
[[nodiscard]] DecimalParts ScaleToFullDigits(DecimalParts parts) noexcept;
/// The inverse of SplitDecimal; the exponent must be in range and the coefficient below 10^34.
[[nodiscard]] Decimal128 JoinDecimal(const DecimalParts& parts) noexcept;
/// The greatest double that is <= `value`: exact. NaN gives NaN; a finite value above the largest
/// double gives the largest double, below the smallest gives -infinity.
[[nodiscard]] double FloorToDouble(const Decimal128& value) noexcept;
/// The greatest double that is <= `value`: exact.
[[nodiscard]] double FloorToDouble(int64_t value) noexcept;
/// Exact, without rounding; NaN as in CompareNumbers.
[[nodiscard]] int CompareDecimalToDouble(const Decimal128& decimal, double real) noexcept;

}  // namespace cairn::bson
