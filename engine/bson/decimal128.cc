// SPDX-License-Identifier: Apache-2.0
// Decimal128's encoding and text form. Binary integer encoding, from the highest bit:
//   finite    sign:1 exponent:14 coefficient:113   (exponent's first two bits not 11)
//   too big   sign:1 11 exponent:14 rest:111       a coefficient beyond 34 digits: reads as zero
//   special   sign:1 11110 …: infinity             sign:1 11111 …: NaN
#include <algorithm>
#include <charconv>
#include <cmath>

#include "cairn/bson.h"
#include "engine/bson/decimal_coefficient.h"
#include "engine/bson/number.h"

namespace cairn::bson {
namespace {

constexpr uint64_t kSignBit = uint64_t{1} << 63;
constexpr uint64_t kSpecialMask = uint64_t{0x1F} << 58;
constexpr uint64_t kInfinityBits = uint64_t{0x1E} << 58;
constexpr uint64_t kNaNBits = uint64_t{0x1F} << 58;
constexpr uint64_t kTooBigBits = uint64_t{3} << 61;
constexpr int kExponentBias = 6176;

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a | 0x20) == b && a != b - 0x40; });
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

Status NotADecimal() { return Status(ErrorCode::kFailedToParse, "Not a decimal number"); }

/// A decimal's text on its way to parts.
struct DecimalText {
  Uint128 coefficient = 0;
  int digits = 0;  // Significant ones in `coefficient`.
  int64_t exponent = 0;
  bool any_digit = false;

  /// Error: a digit beyond the 34th that is not zero.
  bool AddDigit(char c, bool after_point) {
    any_digit = true;
    if (digits == kDecimalDigits) {
      if (!after_point) ++exponent;
      return c == '0';
    }
    coefficient = coefficient * 10 + static_cast<unsigned>(c - '0');
    if (coefficient != 0) ++digits;
    if (after_point) --exponent;
    return true;
  }
};

/// The exponent behind 'E'; saturates far outside the format's range.
bool ReadExponent(std::string_view text, int64_t* exponent) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  int64_t value = 0;
  for (const char c : text) {
    if (!IsDigit(c)) return false;
    value = std::min<int64_t>(value * 10 + (c - '0'), int64_t{1} << 40);
  }
  *exponent += negative ? -value : value;
  return true;
}

/// Brings the exponent into the format's range without changing the value.
Status Clamp(DecimalText* text) {
  if (text->coefficient == 0) {
    text->exponent = std::clamp<int64_t>(text->exponent, kDecimalExponentMin, kDecimalExponentMax);
    return Status();
  }
  for (; text->exponent > kDecimalExponentMax && text->digits < kDecimalDigits; ++text->digits) {
    text->coefficient *= 10;
    --text->exponent;
  }
  for (; text->exponent < kDecimalExponentMin && text->coefficient % 10 == 0;) {
    text->coefficient /= 10;
    ++text->exponent;
  }
  if (text->exponent > kDecimalExponentMax) {
    return Status(ErrorCode::kFailedToParse, "The number is out of the range of a decimal128");
  }
  if (text->exponent < kDecimalExponentMin) {
    return Status(ErrorCode::kFailedToParse, "Inexact rounding: the number is too small");
  }
  return Status();
}

std::string DigitsText(Uint128 value) {
  char text[40];
  char* at = std::end(text);
  do {
    *--at = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  return std::string(at, std::end(text));
}

}  // namespace

DecimalParts SplitDecimal(const Decimal128& value) noexcept {
  DecimalParts parts;
  parts.negative = (value.high & kSignBit) != 0;
  if ((value.high & kSpecialMask) == kInfinityBits) {
    parts.kind = DecimalParts::Class::kInfinite;
  } else if ((value.high & kSpecialMask) == kNaNBits) {
    parts.kind = DecimalParts::Class::kNaN;
  } else if ((value.high & kTooBigBits) == kTooBigBits) {
    parts.biased_exponent = static_cast<int32_t>((value.high >> 47) & 0x3FFF);
  } else {
    parts.biased_exponent = static_cast<int32_t>((value.high >> 49) & 0x3FFF);
    parts.coefficient_high = value.high & ((uint64_t{1} << 49) - 1);
    parts.coefficient_low = value.low;
    if (Coefficient(parts) >= kPowersOfTen[kDecimalDigits]) SetCoefficient(&parts, 0);
  }
  return parts;
}

Decimal128 JoinDecimal(const DecimalParts& parts) noexcept {
  Decimal128 value;
  if (parts.kind == DecimalParts::Class::kNaN) {
    value.high = kNaNBits;
  } else if (parts.kind == DecimalParts::Class::kInfinite) {
    value.high = kInfinityBits;
  } else {
    value.low = parts.coefficient_low;
    value.high = parts.coefficient_high | static_cast<uint64_t>(parts.biased_exponent) << 49;
  }
  if (parts.negative) value.high |= kSignBit;
  return value;
}

DecimalParts StripTrailingZeros(DecimalParts parts) noexcept {
  if (parts.kind != DecimalParts::Class::kFinite) return parts;
  Uint128 coefficient = Coefficient(parts);
  if (coefficient == 0) {
    parts.biased_exponent = kExponentBias;
    return parts;
  }
  for (const int step : {16, 16, 8, 4, 2, 1}) {
    const Uint128 power = kPowersOfTen[static_cast<size_t>(step)];
    if (coefficient % power != 0) continue;
    coefficient /= power;
    parts.biased_exponent += step;
  }
  SetCoefficient(&parts, coefficient);
  return parts;
}

int CoefficientDigits(const DecimalParts& parts) noexcept { return DigitsOf(Coefficient(parts)); }

DecimalParts ScaleToFullDigits(DecimalParts parts) noexcept {
  if (parts.kind != DecimalParts::Class::kFinite) return parts;
  if (parts.IsZero()) return StripTrailingZeros(parts);
  const int missing = kDecimalDigits - CoefficientDigits(parts);
  SetCoefficient(&parts, Coefficient(parts) * kPowersOfTen[static_cast<size_t>(missing)]);
  parts.biased_exponent -= missing;
  return parts;
}

Result<Decimal128> Decimal128::FromString(std::string_view text) {
  DecimalParts parts;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    parts.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (EqualsIgnoringCase(text, "nan")) {
    parts.kind = DecimalParts::Class::kNaN;
    parts.negative = false;
    return JoinDecimal(parts);
  }
  if (EqualsIgnoringCase(text, "inf") || EqualsIgnoringCase(text, "infinity")) {
    parts.kind = DecimalParts::Class::kInfinite;
    return JoinDecimal(parts);
  }
  DecimalText read;
  bool point = false;
  size_t at = 0;
  for (; at < text.size() && (IsDigit(text[at]) || (text[at] == '.' && !point)); ++at) {
    if (text[at] == '.') {
      point = true;
    } else if (!read.AddDigit(text[at], point)) {
      return Status(ErrorCode::kFailedToParse,
                    "Inexact rounding: a decimal128 has at most 34 significant digits");
    }
  }
  if (!read.any_digit) return NotADecimal();
  if (at < text.size()) {
    if ((text[at] | 0x20) != 'e') return NotADecimal();
    if (!ReadExponent(text.substr(at + 1), &read.exponent)) return NotADecimal();
  }
  if (Status clamped = Clamp(&read); !clamped.ok()) return clamped;
  parts.biased_exponent = static_cast<int32_t>(read.exponent + kExponentBias);
  SetCoefficient(&parts, read.coefficient);
  return JoinDecimal(parts);
}

Decimal128 Decimal128::FromInt64(int64_t value) {
  DecimalParts parts;
  parts.negative = value < 0;
  parts.biased_exponent = kExponentBias;
  parts.coefficient_low =
      parts.negative ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  return JoinDecimal(parts);
}

Decimal128 Decimal128::FromDouble(double value) {
  DecimalParts parts;
  parts.negative = std::signbit(value);
  if (std::isnan(value)) {
    parts.kind = DecimalParts::Class::kNaN;
    parts.negative = false;
  } else if (std::isinf(value)) {
    parts.kind = DecimalParts::Class::kInfinite;
  } else if (value == 0) {
    parts.biased_exponent = kExponentBias;
  } else {
    // The shape d.dddddddddddddde±xx always parses, and always lies in range.
    char text[32];
    const auto end = std::to_chars(text, std::end(text), value, std::chars_format::scientific, 14);
    return FromString({text, static_cast<size_t>(end.ptr - text)}).value();
  }
  return JoinDecimal(parts);
}

std::string Decimal128::ToString() const {
  const DecimalParts parts = SplitDecimal(*this);
  if (parts.kind == DecimalParts::Class::kNaN) return "NaN";
  std::string out = parts.negative ? "-" : "";
  if (parts.kind == DecimalParts::Class::kInfinite) return out + "Infinity";
  const std::string digits = DigitsText(Coefficient(parts));
  const int exponent = parts.exponent();
  const int scientific = exponent + static_cast<int>(digits.size()) - 1;
  if (exponent > 0 || scientific < -6) {
    out += digits[0];
    if (digits.size() > 1) out.append(".").append(digits, 1);
    return out.append(scientific < 0 ? "E" : "E+").append(std::to_string(scientific));
  }
  if (exponent == 0) return out + digits;
  const int whole = static_cast<int>(digits.size()) + exponent;
  if (whole > 0) {
    const auto split = static_cast<size_t>(whole);
    return out.append(digits, 0, split).append(".").append(digits, split);
  }
  return out.append("0.").append(static_cast<size_t>(-whole), '0').append(digits);
}

bool Decimal128::IsNaN() const { return (high & kSpecialMask) == kNaNBits; }

bool Decimal128::IsInfinite() const { return (high & kSpecialMask) == kInfinityBits; }

bool Decimal128::IsNegative() const { return (high & kSignBit) != 0; }

}  // namespace cairn::bson
