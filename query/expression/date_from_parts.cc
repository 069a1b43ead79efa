// SPDX-License-Identifier: Apache-2.0
// $dateFromParts: from year, month, … or from the years, weeks and days of ISO 8601. Parts beyond
// their ranges carry over, as 25 hours do into the next day.
#include <string>

#include "engine/base/try.h"
#include "query/expression/date_argument.h"
#include "query/expression/date_operators.h"

namespace cairn::expression {
namespace {

enum Field : size_t {
  kYear,
  kMonth,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kIsoWeekYear,
  kIsoWeek,
  kIsoDayOfWeek,
  kTimezone,
};

constexpr NamedField kFields[] = {
    {"year", ErrorCode::kOk},         {"month", ErrorCode::kOk},       {"day", ErrorCode::kOk},
    {"hour", ErrorCode::kOk},         {"minute", ErrorCode::kOk},      {"second", ErrorCode::kOk},
    {"millisecond", ErrorCode::kOk},  {"isoWeekYear", ErrorCode::kOk}, {"isoWeek", ErrorCode::kOk},
    {"isoDayOfWeek", ErrorCode::kOk}, {"timezone", ErrorCode::kOk},
};

constexpr int64_t kPartMin = -32768;
constexpr int64_t kPartMax = 32767;

// A part's value, or its default where it is absent; empty for null.
Result<std::optional<int64_t>> PartArgument(const NamedArguments& arguments, Field field,
                                            int64_t otherwise, bool bounded,
                                            const Context& context) {
  if (!arguments.Has(field)) return std::optional<int64_t>(otherwise);
  CAIRN_TRY_ASSIGN(const bson::Value value, arguments.Evaluate(field, context));
  if (value.IsNullish()) return std::optional<int64_t>();
  const std::string name(kFields[field].name);
  const auto number =
      value.IsNumber() ? bson::ToInt32Exact(bson::Number::From(value)) : std::nullopt;
  if (!number) {
    return Status(ErrorCode::kLocation40515, "'" + name + "' must evaluate to an integer, found " +
                                                 std::string(NameOfType(value)));
  }
  if (bounded && (*number < kPartMin || *number > kPartMax)) {
    return Status(ErrorCode::kLocation31034,
                  "'" + name + "' must evaluate to a value in the range [-32768, 32767]");
  }
  return std::optional<int64_t>(*number);
}

Status CheckYear(ErrorCode code, std::string_view name, int64_t year) {
  if (year >= 1 && year <= 9999) return Status::Ok();
  return Status(code, "'" + std::string(name) +
                          "' must evaluate to an integer in the range 1 to 9999, found " +
                          std::to_string(year));
}

// The day; empty for null.
Result<std::optional<int64_t>> Days(const NamedArguments& arguments, const Context& context) {
  if (arguments.Has(kYear)) {
    CAIRN_TRY_ASSIGN(const auto year, PartArgument(arguments, kYear, 1970, false, context));
    if (!year) return std::optional<int64_t>();
    CAIRN_TRY_ASSIGN(const auto month, PartArgument(arguments, kMonth, 1, true, context));
    if (!month) return std::optional<int64_t>();
    CAIRN_TRY_ASSIGN(const auto day, PartArgument(arguments, kDay, 1, true, context));
    if (!day) return std::optional<int64_t>();
    CAIRN_TRY(CheckYear(ErrorCode::kLocation40523, "year", *year));
    return std::optional<int64_t>(DaysOf(*year, *month, *day));
  }
  CAIRN_TRY_ASSIGN(const auto year, PartArgument(arguments, kIsoWeekYear, 1970, false, context));
  if (!year) return std::optional<int64_t>();
  CAIRN_TRY_ASSIGN(const auto week, PartArgument(arguments, kIsoWeek, 1, true, context));
  if (!week) return std::optional<int64_t>();
  CAIRN_TRY_ASSIGN(const auto day, PartArgument(arguments, kIsoDayOfWeek, 1, true, context));
  if (!day) return std::optional<int64_t>();
  CAIRN_TRY(CheckYear(ErrorCode::kLocation31095, "isoWeekYear", *year));
  return std::optional<int64_t>(FirstIsoMonday(*year) + (*week - 1) * 7 + (*day - 1));
}

Result<bson::Value> DateFromParts(const NamedArguments& arguments, const Context& context) {
  int64_t parts[4];
  for (const Field field : {kHour, kMinute, kSecond, kMillisecond}) {
    const bool bounded = field == kHour || field == kMinute;
    CAIRN_TRY_ASSIGN(const auto part, PartArgument(arguments, field, 0, bounded, context));
    if (!part) return Scratch::Null();
    parts[field - kHour] = *part;
  }
  CAIRN_TRY_ASSIGN(const auto zone, ZoneArgument(arguments, kTimezone, context));
  if (!zone) return Scratch::Null();
  CAIRN_TRY_ASSIGN(const auto days, Days(arguments, context));
  if (!days) return Scratch::Null();
  const int64_t ms = parts[3];
  const int64_t seconds = *days * kSecondsPerDay + parts[0] * 3600 + parts[1] * 60 + parts[2] +
                          FloorDivide(ms, kMsPerSecond);
  const auto utc =
      zone->UtcMs(LocalTimeOf(seconds, static_cast<int>(FloorModulo(ms, kMsPerSecond))));
  if (!utc) return Status(ErrorCode::kOverflow, "$dateFromParts made a date out of range");
  return context.scratch->Date(*utc);
}

}  // namespace

Result<ExpressionPtr> ParseDateFromParts(bson::Value operand, Scope* scope, int depth) {
  CAIRN_TRY_ASSIGN(auto parts, ParseNamedFields({"$dateFromParts", ErrorCode::kLocation40519,
                                                 ErrorCode::kLocation40518, kFields},
                                                operand, scope, depth));
  const auto has = [&](Field field) { return parts[field] != nullptr; };
  if (!has(kYear) && !has(kIsoWeekYear)) {
    return Status(ErrorCode::kLocation40516,
                  "$dateFromParts requires either 'year' or 'isoWeekYear' to be present");
  }
  if (has(kYear) && (has(kIsoWeekYear) || has(kIsoWeek) || has(kIsoDayOfWeek))) {
    return Status(ErrorCode::kLocation40489,
                  "$dateFromParts does not allow mixing natural dates with ISO 8601 dates");
  }
  if (has(kIsoWeekYear) && (has(kMonth) || has(kDay))) {
    return Status(ErrorCode::kLocation40525,
                  "$dateFromParts does not allow mixing natural dates with ISO 8601 dates");
  }
  return MakeNamedCall(DateFromParts, std::move(parts));
}

}  // namespace cairn::expression
