// SPDX-License-Identifier: Apache-2.0
// Exact comparison of numbers of different types. A decimal is compared with the double by rounding
// it to the nearest double first: rounding is monotonic, so only a tie needs the exact comparison
// of
//   coefficient * 10^e  with  mantissa * 2^k
// in integers of a fixed number of words.
#include <array>
#include <cmath>

#include "engine/bson/decimal_arithmetic.h"
#include "engine/bson/decimal_coefficient.h"
#include "engine/bson/number.h"

namespace cairn::bson {
namespace {

template <typename T>
int ThreeWay(T a, T b) {
  return a < b ? -1 : (a > b ? 1 : 0);
}

/// An unsigned integer of 1,536 bits. In a tie both sides are below 2^1300: the decimal lies within
/// the range of doubles, so e >= -358, and 34 digits are 113 bits.
class WideInteger {
 public:
  explicit WideInteger(Uint128 value) {
    words_[0] = static_cast<uint64_t>(value);
    words_[1] = static_cast<uint64_t>(value >> 64);
  }

  void MultiplyByPowerOfTen(int exponent) {
    for (; exponent >= 19; exponent -= 19) Multiply(static_cast<uint64_t>(kPowersOfTen[19]));
    if (exponent > 0) {
      Multiply(static_cast<uint64_t>(kPowersOfTen[static_cast<size_t>(exponent)]));
    }
  }

  void ShiftLeft(int bits) {
    const size_t whole = static_cast<size_t>(bits) / 64;
    const int part = bits % 64;
    for (size_t i = words_.size(); i-- > 0;) {
      uint64_t word = i >= whole ? words_[i - whole] << part : 0;
      if (part != 0 && i > whole) word |= words_[i - whole - 1] >> (64 - part);
      words_[i] = word;
    }
  }

  int CompareWith(const WideInteger& other) const {
    for (size_t i = words_.size(); i-- > 0;) {
      if (words_[i] != other.words_[i]) return ThreeWay(words_[i], other.words_[i]);
    }
    return 0;
  }

 private:
  void Multiply(uint64_t factor) {
    uint64_t carry = 0;
    for (uint64_t& word : words_) {
      const Uint128 product = Uint128{word} * factor + carry;
      word = static_cast<uint64_t>(product);
      carry = static_cast<uint64_t>(product >> 64);
    }
  }

  std::array<uint64_t, 24> words_{};
};

/// Magnitudes of a decimal and a double that it rounds to: both finite and not zero.
int CompareTiedMagnitudes(const DecimalParts& parts, double real) {
  int binary_exponent = 0;
  const double fraction = std::frexp(std::fabs(real), &binary_exponent);
  const auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53));
  binary_exponent -= 53;
  WideInteger left(Coefficient(parts));
  WideInteger right(mantissa);
  if (parts.exponent() >= 0) {
    left.MultiplyByPowerOfTen(parts.exponent());
  } else {
    right.MultiplyByPowerOfTen(-parts.exponent());
  }
  if (binary_exponent >= 0) {
    right.ShiftLeft(binary_exponent);
  } else {
    left.ShiftLeft(-binary_exponent);
  }
  return left.CompareWith(right);
}

int CompareReals(double a, double b) {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a == b) return 0;
  // At least one is NaN, and NaN is lowest.
  return ThreeWay(std::isnan(b), std::isnan(a));
}

int CompareIntegerToReal(int64_t integer, double real) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(real) || real < -kTwoTo63) return 1;
  if (real >= kTwoTo63) return -1;
  const double whole = std::trunc(real);
  const int by_whole = ThreeWay(integer, static_cast<int64_t>(whole));
  return by_whole != 0 ? by_whole : ThreeWay(whole, real);
}

int CompareDecimalToDecimal(const Decimal128& a, const Decimal128& b) {
  if (a.IsNaN() || b.IsNaN()) return ThreeWay(b.IsNaN(), a.IsNaN());
  return CompareDecimals(a, b);
}

}  // namespace

int CompareDecimalToDouble(const Decimal128& decimal, double real) noexcept {
  if (decimal.IsNaN() || std::isnan(real)) return ThreeWay(std::isnan(real), decimal.IsNaN());
  const double nearest = DecimalToNearestDouble(decimal);
  if (nearest != real) return ThreeWay(nearest, real);
  // Finite decimals round to infinity too, and small ones to zero.
  if (decimal.IsInfinite()) return 0;
  const DecimalParts parts = SplitDecimal(decimal);
  if (std::isinf(real)) return real > 0 ? -1 : 1;
  if (parts.IsZero()) return 0;
  const int sign = parts.negative ? -1 : 1;
  if (real == 0) return sign;
  return sign * CompareTiedMagnitudes(parts, real);
}

int CompareNumbers(Number a, Number b) noexcept {
  if (a.IsInteger()) {
    if (b.IsInteger()) return ThreeWay(a.integer(), b.integer());
    if (b.type() == Type::kDouble) return CompareIntegerToReal(a.integer(), b.real());
    return CompareDecimalToDecimal(Decimal128::FromInt64(a.integer()), b.decimal());
  }
  if (b.IsInteger()) return -CompareNumbers(b, a);
  if (a.type() == Type::kDouble) {
    if (b.type() == Type::kDouble) return CompareReals(a.real(), b.real());
    return -CompareDecimalToDouble(b.decimal(), a.real());
  }
  if (b.type() == Type::kDouble) return CompareDecimalToDouble(a.decimal(), b.real());
  return CompareDecimalToDecimal(a.decimal(), b.decimal());
}

int CompareNumbers(Value a, Value b) noexcept {
  if (a.type() == Type::kInt32 && b.type() == Type::kInt32) {
    return ThreeWay(a.AsInt32(), b.AsInt32());
  }
  return CompareNumbers(Number::From(a), Number::From(b));
}

}  // namespace cairn::bson
