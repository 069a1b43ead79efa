// SPDX-License-Identifier: Apache-2.0
// Conversions to numbers.
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "engine/base/try.h"
#include "query/expression/conversion.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

using bson::Number;
using bson::Type;

Status OutOfRange() { return FailedConversion("the number is out of range"); }

Status NotANumber(std::string_view text) {
  return FailedConversion("Failed to parse number '" + std::string(text) + "'");
}

Result<Number> FromNumber(Number number, Type type) {
  switch (type) {
    case Type::kInt32:
    case Type::kInt64: {
      const auto integer = bson::ToInt64Truncated(number);
      if (!integer) return OutOfRange();
      if (type == Type::kInt64) return Number::Int64(*integer);
      if (*integer < std::numeric_limits<int32_t>::min() ||
          *integer > std::numeric_limits<int32_t>::max()) {
        return OutOfRange();
      }
      return Number::Int32(static_cast<int32_t>(*integer));
    }
    case Type::kDouble: {
      const double real = bson::ToDouble(number);
      if (number.type() == Type::kDecimal128 && std::isinf(real) &&
          !number.decimal().IsInfinite()) {
        return OutOfRange();
      }
      return Number::Double(real);
    }
    default:
      return Number::Decimal(bson::ToDecimal(number));
  }
}

// The whole text with an optional sign.
template <typename T, typename... Form>
bool ReadAll(std::string_view text, T* value, Form... form) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value, form...);
  return error == std::errc() && stop == end;
}

Result<Number> DoubleFromText(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text;
  if (negative || text.starts_with('+')) digits.remove_prefix(1);
  const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
  if (hex) digits.remove_prefix(2);
  // A sign of its own is not wanted here, nor what only C's forms of NaN may have.
  if (digits.empty() || digits[0] == '-' || digits[0] == '+' || digits.back() == ')') {
    return NotANumber(text);
  }
  double value = 0;
  if (!ReadAll(digits, &value, hex ? std::chars_format::hex : std::chars_format::general)) {
    return NotANumber(text);
  }
  return Number::Double(negative ? -value : value);
}

Result<Number> FromText(std::string_view text, Type type) {
  if (text.starts_with("0x")) {
    return FailedConversion("Illegal hexadecimal input: " + std::string(text));
  }
  switch (type) {
    case Type::kInt32:
    case Type::kInt64: {
      std::string_view digits = text;
      if (digits.starts_with('+')) digits.remove_prefix(1);
      int64_t value = 0;
      if (digits.starts_with('-') && digits.size() != text.size()) return NotANumber(text);
      if (!ReadAll(digits, &value, 10)) return NotANumber(text);
      return FromNumber(Number::Int64(value), type);
    }
    case Type::kDouble:
      return DoubleFromText(text);
    default: {
      auto decimal = bson::Decimal128::FromString(text);
      if (!decimal.ok()) return NotANumber(text);
      return Number::Decimal(*decimal);
    }
  }
}

// The length and the subtype. In the old subtype 2 the bytes begin with a second length, which
// counts here as in MongoDB.
constexpr size_t kBinaryHeadBytes = 5;

// Bytes from the least on.
uint64_t Bytes(std::string_view bytes, bool big_endian) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const size_t at = big_endian ? bytes.size() - 1 - i : i;
    value |= uint64_t{static_cast<uint8_t>(bytes[at])} << (8 * i);
  }
  return value;
}

Result<Number> FromBytes(std::string_view bytes, const Target& target) {
  const size_t size = bytes.size();
  const uint64_t bits = Bytes(bytes.substr(0, 8), target.big_endian);
  if (target.type == Type::kDouble) {
    if (size == sizeof(float)) {
      const auto half = static_cast<uint32_t>(bits);
      float real = 0;
      std::memcpy(&real, &half, sizeof(real));
      return Number::Double(real);
    }
    double real = 0;
    std::memcpy(&real, &bits, sizeof(real));
    if (size == sizeof(real)) return Number::Double(real);
  } else if (size == 1 || size == 2 || size == 4 || (size == 8 && target.type == Type::kInt64)) {
    // Shifted up and down again, for the sign.
    const size_t unused = 64 - 8 * size;
    return FromNumber(Number::Int64(static_cast<int64_t>(bits << unused) >> unused), target.type);
  }
  return FailedConversion("binary of " + std::to_string(size) + " bytes is no " +
                          std::string(bson::TypeName(target.type)));
}

}  // namespace

Result<bson::Value> ToNumber(bson::Value value, const Target& target, Scratch* scratch) {
  Result<Number> number = Number();
  switch (value.type()) {
    case Type::kInt32:
    case Type::kInt64:
    case Type::kDouble:
    case Type::kDecimal128:
      if (value.type() == target.type) return value;
      number = FromNumber(Number::From(value), target.type);
      break;
    case Type::kBool:
      number = FromNumber(Number::Int32(value.AsBool() ? 1 : 0), target.type);
      break;
    case Type::kDate:
      if (target.type == Type::kInt32) return NoConversion(value, target);
      number = FromNumber(Number::Int64(value.AsDateMs()), target.type);
      break;
    case Type::kString:
      number = FromText(value.AsString(), target.type);
      break;
    case Type::kBinary:
      if (target.type == Type::kDecimal128) return NoConversion(value, target);
      number =
          FromBytes({value.payload() + kBinaryHeadBytes, value.size() - kBinaryHeadBytes}, target);
      break;
    default:
      return NoConversion(value, target);
  }
  if (!number.ok()) return std::move(number).status();
  return scratch->Number(*number);
}

}  // namespace cairn::expression
