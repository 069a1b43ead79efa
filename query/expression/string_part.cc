// SPDX-License-Identifier: Apache-2.0
// Lengths and parts of strings, in bytes and in code points.
#include <limits>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/decimal_arithmetic.h"
#include "query/expression/code_points.h"
#include "query/expression/string_operators.h"
#include "query/expression/text_of.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;
using bson::Number;

Status CheckString(bson::Value value, ErrorCode code, std::string_view name) {
  if (value.type() == bson::Type::kString) return Status::Ok();
  return Status(code, std::string(name) +
                          " requires a string argument, found: " + std::string(NameOfType(value)));
}

Status CheckNumber(bson::Value value, ErrorCode code, std::string_view what) {
  if (value.IsNumber()) return Status::Ok();
  return Status(code, std::string(what) + " must be a numeric type (is BSON type " +
                          std::string(NameOfType(value)) + ")");
}

// Decimals are rounded to the nearest integer, to even from halfway, and the smallest one stands
// for those out of range; others are truncated.
Result<int64_t> Whole(bson::Value value) {
  if (value.type() == bson::Type::kDecimal128) {
    const auto floor = bson::ToInt64Floor(Number::From(value));
    if (!floor || *floor == std::numeric_limits<int64_t>::max()) {
      return std::numeric_limits<int64_t>::min();
    }
    const int above_half = bson::CompareDecimalToDouble(
        bson::SubtractDecimals(value.AsDecimal128(), bson::Decimal128::FromInt64(*floor)), 0.5);
    const bool up = above_half > 0 || (above_half == 0 && *floor % 2 != 0);
    return *floor + (up ? 1 : 0);
  }
  if (const auto integer = bson::ToInt64Truncated(Number::From(value))) return *integer;
  return Status(ErrorCode::kLocation31109, "Can't coerce out of range value to long");
}

// A number of code points.
Result<int64_t> Integer(bson::Value value, ErrorCode no_number, ErrorCode no_integer,
                        std::string_view what) {
  CAIRN_TRY(CheckNumber(value, no_number, what));
  if (const auto integer = bson::ToInt32Exact(Number::From(value))) return *integer;
  return Status(no_integer,
                std::string(what) + " cannot be represented as a 32-bit integral value");
}

}  // namespace

Result<bson::Value> StrLenBytes(Arguments arguments, const Context& context) {
  CAIRN_TRY(CheckString(arguments[0], ErrorCode::kLocation34473, "$strLenBytes"));
  return context.scratch->Int32(static_cast<int32_t>(arguments[0].AsString().size()));
}

Result<bson::Value> StrLenCp(Arguments arguments, const Context& context) {
  CAIRN_TRY(CheckString(arguments[0], ErrorCode::kLocation34471, "$strLenCP"));
  return context.scratch->Int32(static_cast<int32_t>(CountCodePoints(arguments[0].AsString())));
}

Result<bson::Value> SubstrBytes(Arguments arguments, const Context& context) {
  CAIRN_TRY_ASSIGN(const std::string text, TextOf(arguments[0]));
  CAIRN_TRY(CheckNumber(arguments[1], ErrorCode::kLocation16034, "$substrBytes: starting index"));
  CAIRN_TRY(CheckNumber(arguments[2], ErrorCode::kLocation16035, "$substrBytes: length"));
  CAIRN_TRY_ASSIGN(const int64_t start, Whole(arguments[1]));
  if (start < 0) {
    return Status(
        ErrorCode::kLocation50752,
        "$substrBytes: starting index must be non-negative (got: " + std::to_string(start) + ")");
  }
  CAIRN_TRY_ASSIGN(const int64_t length, Whole(arguments[2]));
  const auto first = std::min(static_cast<size_t>(start), text.size());
  const size_t rest = text.size() - first;
  const size_t count = length < 0 ? rest : std::min(static_cast<size_t>(length), rest);
  if (first < text.size() && ContinuesCodePoint(text[first])) {
    return Status(ErrorCode::kLocation28656,
                  "$substrBytes: Invalid range, starting index is a UTF-8 continuation byte.");
  }
  if (count < rest && ContinuesCodePoint(text[first + count])) {
    return Status(
        ErrorCode::kLocation28657,
        "$substrBytes: Invalid range, ending index is in the middle of a UTF-8 character.");
  }
  return context.scratch->String(std::string_view(text).substr(first, count));
}

Result<bson::Value> SubstrCp(Arguments arguments, const Context& context) {
  CAIRN_TRY_ASSIGN(const std::string text, TextOf(arguments[0]));
  CAIRN_TRY_ASSIGN(const int64_t start,
                   Integer(arguments[1], ErrorCode::kLocation34450, ErrorCode::kLocation34451,
                           "$substrCP: starting index"));
  CAIRN_TRY_ASSIGN(const int64_t length, Integer(arguments[2], ErrorCode::kLocation34452,
                                                 ErrorCode::kLocation34453, "$substrCP: length"));
  if (length < 0) {
    return Status(ErrorCode::kLocation34454, "$substrCP: length must be a nonnegative integer.");
  }
  if (start < 0) {
    return Status(ErrorCode::kLocation34455,
                  "$substrCP: the starting index must be a nonnegative integer.");
  }
  const size_t first = FindCodePoint(text, static_cast<size_t>(start));
  const std::string_view rest = std::string_view(text).substr(first);
  return context.scratch->String(rest.substr(0, FindCodePoint(rest, static_cast<size_t>(length))));
}

}  // namespace cairn::expression
