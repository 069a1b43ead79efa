// SPDX-License-Identifier: Apache-2.0
// $dateAdd and $dateSubtract. Days and more are added on the clock of the time zone, so that the
// hour stays the same; hours and less are added to the moment.
#include <algorithm>
#include <limits>
#include <string>

#include "engine/base/try.h"
#include "query/expression/date_argument.h"
#include "query/expression/date_operators.h"

namespace cairn::expression {
namespace {

enum Field : size_t { kStartDate, kUnit, kAmount, kTimezone };
constexpr NamedField kFields[] = {{"startDate", ErrorCode::kLocation5166402},
                                  {"unit", ErrorCode::kLocation5166402},
                                  {"amount", ErrorCode::kLocation5166402},
                                  {"timezone", ErrorCode::kOk}};

constexpr int64_t kDaysMax = std::numeric_limits<int64_t>::max() / (kSecondsPerDay * kMsPerSecond);
constexpr int64_t kYearsMax = kDaysMax / 365 + 1;

// The largest amount that can make sense.
int64_t AmountMax(DateUnit unit) {
  switch (unit) {
    case DateUnit::kYear:
      return kYearsMax;
    case DateUnit::kQuarter:
      return kYearsMax * 4;
    case DateUnit::kMonth:
      return kYearsMax * 12;
    default:
      return std::numeric_limits<int64_t>::max() / MsPerUnit(unit);
  }
}

// A day of a later month, or its last day if it is shorter.
int64_t AddMonths(int64_t days, int64_t months) {
  const CivilDate date = CivilDateOf(days);
  const int64_t month = date.year * 12 + (date.month - 1) + months;
  const int64_t year = FloorDivide(month, 12);
  const auto month_of_year = static_cast<int>(FloorModulo(month, 12)) + 1;
  return DaysOf(year, month_of_year, std::min(date.day, DaysInMonth(year, month_of_year)));
}

Result<bson::Value> Shifted(std::string_view name, bool minus, const NamedArguments& arguments,
                            const Context& context) {
  CAIRN_TRY_ASSIGN(const bson::Value start, arguments.Evaluate(kStartDate, context));
  if (start.IsNullish()) return Scratch::Null();
  CAIRN_TRY_ASSIGN(const bson::Value unit_name, arguments.Evaluate(kUnit, context));
  if (unit_name.IsNullish()) return Scratch::Null();
  CAIRN_TRY_ASSIGN(const bson::Value amount_value, arguments.Evaluate(kAmount, context));
  if (amount_value.IsNullish()) return Scratch::Null();
  CAIRN_TRY_ASSIGN(const auto zone, ZoneArgument(arguments, kTimezone, context));
  if (!zone) return Scratch::Null();
  const auto ms = DateMsOf(start);
  if (!ms) {
    return Status(ErrorCode::kLocation5166403,
                  std::string(name) + " requires startDate to be convertible to a date");
  }
  CAIRN_TRY_ASSIGN(const DateUnit unit, ParseDateUnit(name, unit_name));
  auto amount =
      amount_value.IsNumber() ? bson::ToInt64Exact(bson::Number::From(amount_value)) : std::nullopt;
  if (!amount) {
    return Status(ErrorCode::kLocation5166405,
                  std::string(name) + " expects integer amount of time units");
  }
  if (minus) {
    if (*amount == std::numeric_limits<int64_t>::min()) {
      return Status(ErrorCode::kLocation6045000,
                    "invalid " + std::string(name) + " 'amount' parameter value");
    }
    amount = -*amount;
  }
  const int64_t amount_max = AmountMax(unit);
  if (*amount > amount_max || *amount < -amount_max) {
    return Status(ErrorCode::kLocation5976500,
                  "invalid " + std::string(name) + " 'amount' parameter value: " +
                      std::to_string(*amount) + " " + std::string(unit_name.AsString()));
  }
  const auto shifted = AddToDate(*ms, unit, *amount, *zone);
  if (!shifted) return Status(ErrorCode::kLocation5166406, std::string(name) + " overflowed");
  return context.scratch->Date(*shifted);
}

Result<bson::Value> DateAdd(const NamedArguments& arguments, const Context& context) {
  return Shifted("$dateAdd", false, arguments, context);
}

Result<bson::Value> DateSubtract(const NamedArguments& arguments, const Context& context) {
  return Shifted("$dateSubtract", true, arguments, context);
}

}  // namespace

std::optional<int64_t> AddToDate(int64_t ms, DateUnit unit, int64_t amount, const TimeZone& zone) {
  const int64_t amount_max = AmountMax(unit);
  if (amount > amount_max || amount < -amount_max) return std::nullopt;
  if (unit > DateUnit::kDay) {
    int64_t delta = 0;
    int64_t shifted = 0;
    if (__builtin_mul_overflow(amount, MsPerUnit(unit), &delta) ||
        __builtin_add_overflow(ms, delta, &shifted)) {
      return std::nullopt;
    }
    return shifted;
  }
  LocalTime local = zone.Local(ms);
  switch (unit) {
    case DateUnit::kYear:
      local.days = AddMonths(local.days, amount * 12);
      break;
    case DateUnit::kQuarter:
      local.days = AddMonths(local.days, amount * 3);
      break;
    case DateUnit::kMonth:
      local.days = AddMonths(local.days, amount);
      break;
    case DateUnit::kWeek:
      local.days += amount * 7;
      break;
    default:
      local.days += amount;
      break;
  }
  return zone.UtcMs(local);
}

Result<ExpressionPtr> ParseDateAdd(bson::Value operand, Scope* scope, int depth) {
  return ParseNamedCall(
      {"$dateAdd", ErrorCode::kLocation5166400, ErrorCode::kLocation5166401, kFields}, DateAdd,
      operand, scope, depth);
}

Result<ExpressionPtr> ParseDateSubtract(bson::Value operand, Scope* scope, int depth) {
  return ParseNamedCall(
      {"$dateSubtract", ErrorCode::kLocation5166400, ErrorCode::kLocation5166401, kFields},
      DateSubtract, operand, scope, depth);
}

}  // namespace cairn::expression
