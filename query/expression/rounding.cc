// SPDX-License-Identifier: Apache-2.0
// $ceil, $floor, $round and $trunc. The type stays; $round takes halves to the even neighbour.
#include <cmath>
#include <limits>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/decimal_arithmetic.h"
#include "query/expression/numeric_argument.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;
using bson::DecimalRounding;
using bson::Number;

constexpr int64_t kPlaceMin = -20;
constexpr int64_t kPlaceMax = 100;

// Numbers whose digits do not reach so far stay as they are.
bson::Decimal128 RoundedAt(const bson::Decimal128& value, int64_t place, DecimalRounding rounding) {
  return bson::QuantizeDecimal(value, static_cast<int>(-place), rounding).value_or(value);
}

bson::Decimal128 NaN() {
  return bson::DecimalFromDoubleFully(std::numeric_limits<double>::quiet_NaN());
}

Result<bson::Value> ToInteger(std::string_view name, bson::Value value, double (*of_double)(double),
                              DecimalRounding rounding, Scratch* scratch) {
  return OfOneNumber(name, value, [&](Number number) -> Result<bson::Value> {
    if (number.IsInteger()) return value;
    if (number.type() == bson::Type::kDouble) {
      return scratch->Number(Number::Double(of_double(number.real())));
    }
    // As MongoDB: NaN for infinities, and for decimals too large to have a digit before the point.
    const auto integer = bson::QuantizeDecimal(number.decimal(), 0, rounding);
    return scratch->Number(Number::Decimal(integer.value_or(NaN())));
  });
}

// The second argument of $round and $trunc.
Result<int64_t> Place(std::string_view name, bson::Value value) {
  const std::string prefix = std::string(name) + "'s place ";
  if (!value.IsNumber()) {
    return Status(ErrorCode::kLocation16004,
                  prefix + "must be a number, not " + std::string(NameOfType(value)));
  }
  const Number number = Number::From(value);
  if (number.type() == bson::Type::kDouble && !bson::ToInt64Truncated(number)) {
    return Status(ErrorCode::kLocation31109, prefix + "is out of the range of long");
  }
  const auto place = bson::ToInt32Exact(number);
  if (!place) return Status(ErrorCode::kLocation51082, prefix + "must be an integer");
  if (*place < kPlaceMin || *place > kPlaceMax) {
    return Status(ErrorCode::kLocation51083, prefix + "must be between " +
                                                 std::to_string(kPlaceMin) + " and " +
                                                 std::to_string(kPlaceMax));
  }
  return int64_t{*place};
}

Result<bson::Value> AtPlace(std::string_view name, Number number, int64_t place,
                            DecimalRounding rounding, Scratch* scratch) {
  switch (number.type()) {
    case bson::Type::kDecimal128:
      return scratch->Number(Number::Decimal(RoundedAt(number.decimal(), place, rounding)));
    case bson::Type::kDouble: {
      // What is exactly halfway is decided by the decimal digits, not by products of doubles.
      const auto rounded = bson::QuantizeDecimal(bson::DecimalFromDoubleFully(number.real()),
                                                 static_cast<int>(-place), rounding);
      if (!rounded) return scratch->Number(number);
      return scratch->Number(Number::Double(bson::ToDouble(Number::Decimal(*rounded))));
    }
    default:
      break;
  }
  if (place >= 0) return scratch->Number(number);
  const bson::Decimal128 rounded =
      RoundedAt(bson::Decimal128::FromInt64(number.integer()), place, rounding);
  const auto integer = bson::ToInt64Exact(Number::Decimal(rounded));
  if (!integer) {
    return Status(ErrorCode::kLocation51080,
                  "invalid conversion to long during " + std::string(name));
  }
  return scratch->Number(number.type() == bson::Type::kInt64 ? Number::Int64(*integer)
                                                             : Number::Smallest(*integer));
}

Result<bson::Value> RoundWith(std::string_view name, Arguments arguments, DecimalRounding rounding,
                              Scratch* scratch) {
  if (arguments[0].IsNullish()) return Scratch::Null();
  if (!arguments[0].IsNumber()) {
    return Status(ErrorCode::kLocation51081, std::string(name) +
                                                 " only supports numeric types, not " +
                                                 std::string(NameOfType(arguments[0])));
  }
  int64_t place = 0;
  if (arguments.size() > 1) {
    if (arguments[1].IsNullish()) return Scratch::Null();
    CAIRN_TRY_ASSIGN(place, Place(name, arguments[1]));
  }
  return AtPlace(name, Number::From(arguments[0]), place, rounding, scratch);
}

}  // namespace

Result<bson::Value> Ceil(Arguments arguments, const Context& context) {
  return ToInteger("$ceil", arguments[0], std::ceil, DecimalRounding::kUp, context.scratch);
}

Result<bson::Value> Floor(Arguments arguments, const Context& context) {
  return ToInteger("$floor", arguments[0], std::floor, DecimalRounding::kDown, context.scratch);
}

Result<bson::Value> Round(Arguments arguments, const Context& context) {
  return RoundWith("$round", arguments, DecimalRounding::kNearestEven, context.scratch);
}

Result<bson::Value> Trunc(Arguments arguments, const Context& context) {
  return RoundWith("$trunc", arguments, DecimalRounding::kTowardZero, context.scratch);
}

}  // namespace cairn::expression
