// SPDX-License-Identifier: Apache-2.0
// Numbers, and dates as numbers of milliseconds. Null and missing operands give null.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/decimal_arithmetic.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;
using bson::Number;
using bson::OnOverflow;

bool AnyNullish(Arguments arguments) {
  return std::ranges::any_of(arguments, [](bson::Value value) { return value.IsNullish(); });
}

Status OnlyNumbers(std::string_view name, bson::Value found) {
  return Status(ErrorCode::kTypeMismatch, std::string(name) + " only supports numeric types, not " +
                                              std::string(NameOfType(found)));
}

// The milliseconds that a number adds to a date.
Result<int64_t> Milliseconds(Number number) {
  if (number.IsInteger()) return number.integer();
  const auto truncated = bson::ToInt64Truncated(Number::Double(std::round(bson::ToDouble(number))));
  if (!truncated) return Status(ErrorCode::kOverflow, "date overflow");
  return *truncated;
}

Result<bson::Value> ShiftDate(int64_t date, Number by, bool minus, Scratch* scratch) {
  CAIRN_TRY_ASSIGN(const int64_t ms, Milliseconds(by));
  int64_t shifted = 0;
  const bool overflow = minus ? __builtin_sub_overflow(date, ms, &shifted)
                              : __builtin_add_overflow(date, ms, &shifted);
  if (overflow) return Status(ErrorCode::kOverflow, "date overflow");
  return scratch->Date(shifted);
}

bool HasDecimal(Arguments arguments) {
  return std::ranges::any_of(
      arguments, [](bson::Value value) { return value.type() == bson::Type::kDecimal128; });
}

}  // namespace

Result<bson::Value> Abs(Arguments arguments, const Context& context) {
  const bson::Value value = arguments[0];
  if (value.IsNullish()) return Scratch::Null();
  if (!value.IsNumber()) {
    return Status(ErrorCode::kLocation28765,
                  "$abs only supports numeric types, not " + std::string(NameOfType(value)));
  }
  const Number number = Number::From(value);
  if (number.type() == bson::Type::kDouble) {
    return context.scratch->Number(Number::Double(std::fabs(number.real())));
  }
  if (number.type() == bson::Type::kDecimal128) {
    bson::DecimalParts parts = bson::SplitDecimal(number.decimal());
    if (parts.kind == bson::DecimalParts::Class::kNaN) return value;
    parts.negative = false;
    return context.scratch->Number(Number::Decimal(bson::JoinDecimal(parts)));
  }
  if (number.integer() == std::numeric_limits<int64_t>::min()) {
    return Status(ErrorCode::kLocation28680, "can't take $abs of long long min");
  }
  if (number.integer() >= 0) return value;
  return context.scratch->Number(number.type() == bson::Type::kInt32
                                     ? Number::Smallest(-number.integer())
                                     : Number::Int64(-number.integer()));
}

Result<bson::Value> Add(Arguments arguments, const Context& context) {
  Number sum = Number::Int32(0);
  std::optional<int64_t> date;
  bool null = false;
  for (const bson::Value value : arguments) {
    if (value.IsNullish()) {
      null = true;
    } else if (value.type() == bson::Type::kDate) {
      if (date)
        return Status(ErrorCode::kLocation16612, "only one date allowed in an $add expression");
      date = value.AsDateMs();
    } else if (value.IsNumber()) {
      CAIRN_TRY_ASSIGN(sum, bson::Add(sum, Number::From(value), OnOverflow::kDouble));
    } else {
      return Status(ErrorCode::kTypeMismatch, "$add only supports numeric or date types, not " +
                                                  std::string(NameOfType(value)));
    }
  }
  if (null) return Scratch::Null();
  if (date) return ShiftDate(*date, sum, false, context.scratch);
  return context.scratch->Number(sum);
}

Result<bson::Value> Subtract(Arguments arguments, const Context& context) {
  const bson::Value a = arguments[0];
  const bson::Value b = arguments[1];
  if (AnyNullish(arguments)) return Scratch::Null();
  if (a.IsNumber() && b.IsNumber()) {
    CAIRN_TRY_ASSIGN(const Number difference,
                     bson::Subtract(Number::From(a), Number::From(b), OnOverflow::kDouble));
    return context.scratch->Number(difference);
  }
  if (a.type() == bson::Type::kDate && b.type() == bson::Type::kDate) {
    int64_t difference = 0;
    if (__builtin_sub_overflow(a.AsDateMs(), b.AsDateMs(), &difference)) {
      return Status(ErrorCode::kOverflow, "date overflow");
    }
    return context.scratch->Number(Number::Int64(difference));
  }
  if (a.type() == bson::Type::kDate && b.IsNumber()) {
    return ShiftDate(a.AsDateMs(), Number::From(b), true, context.scratch);
  }
  return Status(ErrorCode::kTypeMismatch, "can't $subtract " + std::string(NameOfType(b)) +
                                              " from " + std::string(NameOfType(a)));
}

Result<bson::Value> Multiply(Arguments arguments, const Context& context) {
  Number product = Number::Int32(1);
  bool null = false;
  for (const bson::Value value : arguments) {
    if (value.IsNullish()) {
      null = true;
    } else if (!value.IsNumber()) {
      return OnlyNumbers("$multiply", value);
    } else {
      CAIRN_TRY_ASSIGN(product, bson::Multiply(product, Number::From(value), OnOverflow::kDouble));
    }
  }
  if (null) return Scratch::Null();
  return context.scratch->Number(product);
}

Result<bson::Value> Divide(Arguments arguments, const Context& context) {
  const bson::Value a = arguments[0];
  const bson::Value b = arguments[1];
  if (AnyNullish(arguments)) return Scratch::Null();
  if (!a.IsNumber() || !b.IsNumber()) {
    return Status(ErrorCode::kTypeMismatch, "$divide only supports numeric types, not " +
                                                std::string(NameOfType(a)) + " and " +
                                                std::string(NameOfType(b)));
  }
  const Number divisor = Number::From(b);
  if (!bson::IsNaN(divisor) && bson::Sign(divisor) == 0) {
    return Status(context.grouping ? ErrorCode::kLocation4848401 : ErrorCode::kBadValue,
                  "can't $divide by zero");
  }
  if (HasDecimal(arguments)) {
    return context.scratch->Number(Number::Decimal(
        bson::DivideDecimals(bson::ToDecimal(Number::From(a)), bson::ToDecimal(divisor))));
  }
  return context.scratch->Number(
      Number::Double(bson::ToDouble(Number::From(a)) / bson::ToDouble(divisor)));
}

Result<bson::Value> Mod(Arguments arguments, const Context& context) {
  const bson::Value a = arguments[0];
  const bson::Value b = arguments[1];
  if (AnyNullish(arguments)) return Scratch::Null();
  if (!a.IsNumber() || !b.IsNumber()) {
    return Status(ErrorCode::kLocation16611, "$mod only supports numeric types, not " +
                                                 std::string(NameOfType(a)) + " and " +
                                                 std::string(NameOfType(b)));
  }
  const Number dividend = Number::From(a);
  const Number divisor = Number::From(b);
  if (!bson::IsNaN(divisor) && bson::Sign(divisor) == 0) {
    if (context.grouping) return Status(ErrorCode::kLocation4848403, "can't $mod by zero");
    return HasDecimal(arguments) ? Status(ErrorCode::kLocation5733415, "can't $mod by zero")
                                 : Status(ErrorCode::kLocation16610, "can't $mod by zero");
  }
  if (HasDecimal(arguments)) {
    return context.scratch->Number(
        Number::Decimal(bson::ModDecimals(bson::ToDecimal(dividend), bson::ToDecimal(divisor))));
  }
  if (!dividend.IsInteger() || !divisor.IsInteger()) {
    return context.scratch->Number(
        Number::Double(std::fmod(bson::ToDouble(dividend), bson::ToDouble(divisor))));
  }
  // The smallest integer cannot be divided by -1.
  const int64_t remainder = divisor.integer() == -1 ? 0 : dividend.integer() % divisor.integer();
  const bool small = dividend.type() == bson::Type::kInt32 && divisor.type() == bson::Type::kInt32;
  return context.scratch->Number(small ? Number::Smallest(remainder) : Number::Int64(remainder));
}

}  // namespace cairn::expression
