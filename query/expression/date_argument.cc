// SPDX-License-Identifier: Apache-2.0
#include "query/expression/date_argument.h"

#include <algorithm>
#include <string>

#include "engine/base/try.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

constexpr std::string_view kUnits[] = {
    "year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond",
};
constexpr std::string_view kDays[] = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
};

}  // namespace

std::optional<int64_t> DateMsOf(bson::Value value) {
  switch (value.type()) {
    case bson::Type::kDate:
      return value.AsDateMs();
    case bson::Type::kTimestamp:
      return int64_t{value.AsTimestamp().seconds} * kMsPerSecond;
    case bson::Type::kObjectId: {
      const auto bytes = value.AsObjectId().bytes;
      // MongoDB reads them with their sign here.
      const auto seconds =
          static_cast<int32_t>(uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 |
                               uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]});
      return int64_t{seconds} * kMsPerSecond;
    }
    default:
      return std::nullopt;
  }
}

Result<int64_t> DateMs(bson::Value value) {
  if (const auto ms = DateMsOf(value)) return *ms;
  return Status(ErrorCode::kLocation16006,
                "can't convert from BSON type " + std::string(NameOfType(value)) + " to Date");
}

Result<std::optional<TimeZone>> ZoneArgument(const NamedArguments& arguments, size_t i,
                                             const Context& context) {
  if (!arguments.Has(i)) return std::optional<TimeZone>(TimeZone());
  CAIRN_TRY_ASSIGN(const bson::Value name, arguments.Evaluate(i, context));
  if (name.IsNullish()) return std::optional<TimeZone>();
  if (name.type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation40517,
                  "timezone must evaluate to a string, found " + std::string(NameOfType(name)));
  }
  CAIRN_TRY_ASSIGN(TimeZone zone, TimeZone::Find(name.AsString()));
  return std::optional<TimeZone>(std::move(zone));
}

Result<DateUnit> ParseDateUnit(std::string_view operator_name, bson::Value value) {
  if (value.type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation5439013, std::string(operator_name) +
                                                   " requires 'unit' to be a string, but got " +
                                                   std::string(NameOfType(value)));
  }
  const auto* const unit = std::ranges::find(kUnits, value.AsString());
  if (unit == std::end(kUnits)) {
    return Status(ErrorCode::kFailedToParse,
                  "unknown time unit value: " + std::string(value.AsString()));
  }
  return static_cast<DateUnit>(unit - std::begin(kUnits));
}

Result<std::optional<int>> StartOfWeekArgument(std::string_view operator_name,
                                               const NamedArguments& arguments, size_t i,
                                               DateUnit unit, const Context& context) {
  constexpr int kSunday = 7;
  if (unit != DateUnit::kWeek || !arguments.Has(i)) return std::optional<int>(kSunday);
  CAIRN_TRY_ASSIGN(const bson::Value value, arguments.Evaluate(i, context));
  if (value.IsNullish()) return std::optional<int>();
  if (value.type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation5439015,
                  std::string(operator_name) + " requires 'startOfWeek' to be a string, but got " +
                      std::string(NameOfType(value)));
  }
  std::string name(value.AsString());
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (size_t day = 0; day < std::size(kDays); ++day) {
    if (name == kDays[day] || name == kDays[day].substr(0, 3)) {
      return std::optional<int>(static_cast<int>(day) + 1);
    }
  }
  return Status(ErrorCode::kLocation5439016,
                std::string(operator_name) +
                    " 'startOfWeek' value cannot be recognized: " + std::string(value.AsString()));
}

int64_t MsPerUnit(DateUnit unit) {
  switch (unit) {
    case DateUnit::kWeek:
      return 7 * kSecondsPerDay * kMsPerSecond;
    case DateUnit::kDay:
      return kSecondsPerDay * kMsPerSecond;
    case DateUnit::kHour:
      return 3600 * kMsPerSecond;
    case DateUnit::kMinute:
      return 60 * kMsPerSecond;
    case DateUnit::kSecond:
      return kMsPerSecond;
    case DateUnit::kMillisecond:
      return 1;
    default:
      return 0;
  }
}

}  // namespace cairn::expression
