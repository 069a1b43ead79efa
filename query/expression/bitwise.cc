// SPDX-License-Identifier: Apache-2.0
// $bitAnd, $bitNot, $bitOr, $bitXor: of int and long; the result is long when an operand is.
#include <string>

#include "query/expression/numeric_argument.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;
using bson::Number;

Status NotInteger(std::string_view name, bson::Value found) {
  return Status(ErrorCode::kTypeMismatch, std::string(name) +
                                              " only supports int and long operands, not " +
                                              std::string(NameOfType(found)));
}

template <typename Combine>
Result<bson::Value> OfAll(std::string_view name, int64_t none, Arguments arguments,
                          const Context& context, Combine&& combine) {
  int64_t bits = none;
  bool is_long = false;
  for (const bson::Value value : arguments) {
    if (value.IsNullish()) return Scratch::Null();
    const bool is_int64 = value.type() == bson::Type::kInt64;
    if (!is_int64 && value.type() != bson::Type::kInt32) return NotInteger(name, value);
    is_long = is_long || is_int64;
    bits = combine(bits, Number::From(value).integer());
  }
  // Of int32 operands, whose sign reaches through all bits, the result is one again.
  return context.scratch->Number(is_long ? Number::Int64(bits)
                                         : Number::Int32(static_cast<int32_t>(bits)));
}

}  // namespace

Result<bson::Value> BitAnd(Arguments arguments, const Context& context) {
  return OfAll("$bitAnd", -1, arguments, context, [](int64_t a, int64_t b) { return a & b; });
}

Result<bson::Value> BitOr(Arguments arguments, const Context& context) {
  return OfAll("$bitOr", 0, arguments, context, [](int64_t a, int64_t b) { return a | b; });
}

Result<bson::Value> BitXor(Arguments arguments, const Context& context) {
  return OfAll("$bitXor", 0, arguments, context, [](int64_t a, int64_t b) { return a ^ b; });
}

Result<bson::Value> BitNot(Arguments arguments, const Context& context) {
  return OfOneNumber("$bitNot", arguments[0], [&](Number number) -> Result<bson::Value> {
    if (!number.IsInteger()) return NotInteger("$bitNot", arguments[0]);
    return context.scratch->Number(number.type() == bson::Type::kInt64
                                       ? Number::Int64(~number.integer())
                                       : Number::Int32(static_cast<int32_t>(~number.integer())));
  });
}

}  // namespace cairn::expression
