// SPDX-License-Identifier: Apache-2.0
// $dateDiff: how many boundaries of a unit lie between two dates on the clock of a time zone.
#include <string>

#include "engine/base/try.h"
#include "query/expression/date_argument.h"
#include "query/expression/date_operators.h"

namespace cairn::expression {
namespace {

enum Field : size_t { kStartDate, kEndDate, kUnit, kTimezone, kStartOfWeek };
constexpr NamedField kFields[] = {{"startDate", ErrorCode::kLocation5166303},
                                  {"endDate", ErrorCode::kLocation5166304},
                                  {"unit", ErrorCode::kLocation5166305},
                                  {"timezone", ErrorCode::kOk},
                                  {"startOfWeek", ErrorCode::kOk}};

int64_t Months(int64_t days) {
  const CivilDate date = CivilDateOf(days);
  return date.year * 12 + date.month - 1;
}

// How many units of this many seconds the clock passes. A clock that was put forward or back in
// between has shown more or fewer than have passed.
int64_t ClockDifference(const LocalTime& start, const LocalTime& end, int64_t seconds,
                        int64_t put_forward) {
  return FloorDivide(end.TotalSeconds(), seconds) - FloorDivide(start.TotalSeconds(), seconds) -
         put_forward / seconds;
}

std::optional<int64_t> Difference(int64_t start_ms, int64_t end_ms, DateUnit unit,
                                  const TimeZone& zone, int start_of_week) {
  if (unit == DateUnit::kMillisecond) {
    int64_t difference = 0;
    if (__builtin_sub_overflow(end_ms, start_ms, &difference)) return std::nullopt;
    return difference;
  }
  const LocalTime start = zone.Local(start_ms);
  const LocalTime end = zone.Local(end_ms);
  const int64_t put_forward = zone.OffsetAt(end_ms) - zone.OffsetAt(start_ms);
  switch (unit) {
    case DateUnit::kYear:
      return CivilDateOf(end.days).year - CivilDateOf(start.days).year;
    case DateUnit::kQuarter:
      return FloorDivide(Months(end.days), 3) - FloorDivide(Months(start.days), 3);
    case DateUnit::kMonth:
      return Months(end.days) - Months(start.days);
    case DateUnit::kWeek: {
      // Day 4 was the first Monday.
      const int64_t first = 4 + start_of_week - 1;
      return FloorDivide(end.days - first, 7) - FloorDivide(start.days - first, 7);
    }
    case DateUnit::kDay:
      return end.days - start.days;
    case DateUnit::kHour:
      return ClockDifference(start, end, 3600, put_forward);
    case DateUnit::kMinute:
      return ClockDifference(start, end, 60, put_forward);
    default:
      return ClockDifference(start, end, 1, put_forward);
  }
}

Result<int64_t> Moment(bson::Value value, std::string_view name) {
  if (const auto ms = DateMsOf(value)) return *ms;
  return Status(ErrorCode::kLocation5166307, "$dateDiff requires '" + std::string(name) +
                                                 "' to be a date, but got " +
                                                 std::string(NameOfType(value)));
}

Result<bson::Value> DateDiff(const NamedArguments& arguments, const Context& context) {
  CAIRN_TRY_ASSIGN(const bson::Value start, arguments.Evaluate(kStartDate, context));
  if (start.IsNullish()) return Scratch::Null();
  CAIRN_TRY_ASSIGN(const bson::Value end, arguments.Evaluate(kEndDate, context));
  if (end.IsNullish()) return Scratch::Null();
  CAIRN_TRY_ASSIGN(const bson::Value unit_name, arguments.Evaluate(kUnit, context));
  if (unit_name.IsNullish()) return Scratch::Null();
  CAIRN_TRY_ASSIGN(const auto zone, ZoneArgument(arguments, kTimezone, context));
  if (!zone) return Scratch::Null();
  CAIRN_TRY_ASSIGN(const int64_t start_ms, Moment(start, "startDate"));
  CAIRN_TRY_ASSIGN(const int64_t end_ms, Moment(end, "endDate"));
  CAIRN_TRY_ASSIGN(const DateUnit unit, ParseDateUnit("$dateDiff", unit_name));
  CAIRN_TRY_ASSIGN(const auto start_of_week,
                   StartOfWeekArgument("$dateDiff", arguments, kStartOfWeek, unit, context));
  if (!start_of_week) return Scratch::Null();
  const auto difference = Difference(start_ms, end_ms, unit, *zone, *start_of_week);
  if (!difference) return Status(ErrorCode::kLocation5166308, "$dateDiff overflowed");
  return context.scratch->Number(bson::Number::Int64(*difference));
}

}  // namespace

Result<ExpressionPtr> ParseDateDiff(bson::Value operand, Scope* scope, int depth) {
  return ParseNamedCall(
      {"$dateDiff", ErrorCode::kLocation5166301, ErrorCode::kLocation5166302, kFields}, DateDiff,
      operand, scope, depth);
}

}  // namespace cairn::expression
