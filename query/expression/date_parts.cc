// SPDX-License-Identifier: Apache-2.0
// Parts of a date in a time zone: $year and its kin take a date, [date] or {date: …, timezone: …};
// $dateToParts gives all.
#include <string>

#include "engine/base/try.h"
#include "query/expression/date_argument.h"
#include "query/expression/date_operators.h"

namespace cairn::expression {
namespace {

constexpr size_t kDate = 0;
constexpr size_t kZone = 1;
constexpr size_t kIso = 2;

using Part = bson::Number (*)(const LocalTime& local);

bson::Number Small(int64_t value) { return bson::Number::Smallest(value); }

bson::Number DayOfMonthPart(const LocalTime& local) { return Small(CivilDateOf(local.days).day); }
bson::Number DayOfWeekPart(const LocalTime& local) {
  return Small(IsoDayOfWeek(local.days) % 7 + 1);
}
bson::Number DayOfYearPart(const LocalTime& local) { return Small(DayOfYear(local.days)); }
bson::Number HourPart(const LocalTime& local) { return Small(local.hour()); }
bson::Number IsoDayOfWeekPart(const LocalTime& local) { return Small(IsoDayOfWeek(local.days)); }
bson::Number IsoWeekPart(const LocalTime& local) { return Small(IsoWeekOf(local.days).week); }
bson::Number IsoWeekYearPart(const LocalTime& local) {
  return bson::Number::Int64(IsoWeekOf(local.days).year);
}
bson::Number MillisecondPart(const LocalTime& local) { return Small(local.ms); }
bson::Number MinutePart(const LocalTime& local) { return Small(local.minute()); }
bson::Number MonthPart(const LocalTime& local) { return Small(CivilDateOf(local.days).month); }
bson::Number SecondPart(const LocalTime& local) { return Small(local.second()); }
bson::Number WeekPart(const LocalTime& local) { return Small(SundayWeekOf(local.days)); }
bson::Number YearPart(const LocalTime& local) { return Small(CivilDateOf(local.days).year); }

template <Part part>
Result<bson::Value> PartOf(const NamedArguments& arguments, const Context& context) {
  CAIRN_TRY_ASSIGN(const bson::Value date, arguments.Evaluate(kDate, context));
  if (date.IsNullish()) return Scratch::Null();
  CAIRN_TRY_ASSIGN(const int64_t ms, DateMs(date));
  CAIRN_TRY_ASSIGN(const auto zone, ZoneArgument(arguments, kZone, context));
  if (!zone) return Scratch::Null();
  return context.scratch->Number(part(zone->Local(ms)));
}

Result<ExpressionPtr> ParsePart(std::string_view name, NamedFunction function, bson::Value operand,
                                Scope* scope, int depth) {
  if (operand.type() == bson::Type::kDocument) {
    const bson::View document = operand.AsView();
    if (document.empty() || !document.begin()->name.starts_with('$')) {
      static constexpr NamedField kFields[] = {{"date", ErrorCode::kLocation40539},
                                               {"timezone", ErrorCode::kOk}};
      return ParseNamedCall({name, ErrorCode::kLocation40536, ErrorCode::kLocation40535, kFields},
                            function, operand, scope, depth);
    }
  } else if (operand.type() == bson::Type::kArray) {
    const bson::View array = operand.AsView();
    if (array.empty() || ++array.begin() != array.end()) {
      return Status(ErrorCode::kLocation40536,
                    std::string(name) + " accepts exactly one argument if given an array");
    }
    operand = array.begin()->value;
  }
  std::vector<ExpressionPtr> arguments(2);
  CAIRN_TRY_ASSIGN(arguments[kDate], Parse(operand, scope, depth + 1));
  return MakeNamedCall(function, std::move(arguments));
}

void AppendTime(const LocalTime& local, bson::Builder* parts) {
  parts->AppendInt32("hour", local.hour())
      .AppendInt32("minute", local.minute())
      .AppendInt32("second", local.second())
      .AppendInt32("millisecond", local.ms);
}

Result<bson::Value> DateToParts(const NamedArguments& arguments, const Context& context) {
  CAIRN_TRY_ASSIGN(const bson::Value date, arguments.Evaluate(kDate, context));
  CAIRN_TRY_ASSIGN(const auto zone, ZoneArgument(arguments, kZone, context));
  if (!zone) return Scratch::Null();
  bool iso = false;
  if (arguments.Has(kIso)) {
    CAIRN_TRY_ASSIGN(const bson::Value value, arguments.Evaluate(kIso, context));
    if (value.IsNullish()) return Scratch::Null();
    if (value.type() != bson::Type::kBool) {
      return Status(ErrorCode::kLocation40521,
                    "iso8601 must evaluate to a bool, found " + std::string(NameOfType(value)));
    }
    iso = value.AsBool();
  }
  if (date.IsNullish()) return Scratch::Null();
  CAIRN_TRY_ASSIGN(const int64_t ms, DateMs(date));
  const LocalTime local = zone->Local(ms);
  bson::Builder parts;
  if (iso) {
    const IsoWeek week = IsoWeekOf(local.days);
    Small(week.year).AppendTo(&parts, "isoWeekYear");
    parts.AppendInt32("isoWeek", week.week).AppendInt32("isoDayOfWeek", IsoDayOfWeek(local.days));
  } else {
    const CivilDate civil = CivilDateOf(local.days);
    Small(civil.year).AppendTo(&parts, "year");
    parts.AppendInt32("month", civil.month).AppendInt32("day", civil.day);
  }
  AppendTime(local, &parts);
  return context.scratch->Document(parts.Finish());
}

}  // namespace

Result<ExpressionPtr> ParseDateToParts(bson::Value operand, Scope* scope, int depth) {
  static constexpr NamedField kFields[] = {{"date", ErrorCode::kLocation40522},
                                           {"timezone", ErrorCode::kOk},
                                           {"iso8601", ErrorCode::kOk}};
  return ParseNamedCall(
      {"$dateToParts", ErrorCode::kLocation40524, ErrorCode::kLocation40520, kFields}, DateToParts,
      operand, scope, depth);
}

Result<ExpressionPtr> ParseDayOfMonth(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$dayOfMonth", PartOf<DayOfMonthPart>, operand, scope, depth);
}

Result<ExpressionPtr> ParseDayOfWeekOf(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$dayOfWeek", PartOf<DayOfWeekPart>, operand, scope, depth);
}

Result<ExpressionPtr> ParseDayOfYear(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$dayOfYear", PartOf<DayOfYearPart>, operand, scope, depth);
}

Result<ExpressionPtr> ParseHour(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$hour", PartOf<HourPart>, operand, scope, depth);
}

Result<ExpressionPtr> ParseIsoDayOfWeek(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$isoDayOfWeek", PartOf<IsoDayOfWeekPart>, operand, scope, depth);
}

Result<ExpressionPtr> ParseIsoWeek(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$isoWeek", PartOf<IsoWeekPart>, operand, scope, depth);
}

Result<ExpressionPtr> ParseIsoWeekYear(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$isoWeekYear", PartOf<IsoWeekYearPart>, operand, scope, depth);
}

Result<ExpressionPtr> ParseMillisecond(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$millisecond", PartOf<MillisecondPart>, operand, scope, depth);
}

Result<ExpressionPtr> ParseMinute(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$minute", PartOf<MinutePart>, operand, scope, depth);
}

Result<ExpressionPtr> ParseMonth(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$month", PartOf<MonthPart>, operand, scope, depth);
}

Result<ExpressionPtr> ParseSecond(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$second", PartOf<SecondPart>, operand, scope, depth);
}

Result<ExpressionPtr> ParseWeek(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$week", PartOf<WeekPart>, operand, scope, depth);
}

Result<ExpressionPtr> ParseYear(bson::Value operand, Scope* scope, int depth) {
  return ParsePart("$year", PartOf<YearPart>, operand, scope, depth);
}

}  // namespace cairn::expression
