// SPDX-License-Identifier: Apache-2.0
// What operators on dates take: moments, time zones, units and days of the week. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "query/expression/named_call.h"
#include "query/expression/time_zone.h"

namespace cairn::expression {

enum class DateUnit : uint8_t {
  kYear,
  kQuarter,
  kMonth,
  kWeek,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
};

/// Of a date, a timestamp or an ObjectId; empty for anything else.
std::optional<int64_t> DateMsOf(bson::Value value);
/// The same; error Location16006.
Result<int64_t> DateMs(bson::Value value);
/// UTC if it is absent, empty if it is null. Errors: Location40517 for what is no string, and
/// Location40485.
Result<std::optional<TimeZone>> ZoneArgument(const NamedArguments& arguments, size_t i,
                                             const Context& context);
/// Errors: Location5439013 for what is no string, FailedToParse for no unit.
Result<DateUnit> ParseDateUnit(std::string_view operator_name, bson::Value value);
/// 1 for Monday to 7, which it is where it is absent or the unit is no week; empty if it is null.
/// Errors: Location5439015 for what is no string, Location5439016 for no day.
Result<std::optional<int>> StartOfWeekArgument(std::string_view operator_name,
                                               const NamedArguments& arguments, size_t i,
                                               DateUnit unit, const Context& context);
/// Milliseconds of a unit up to a week; 0 for months and more.
int64_t MsPerUnit(DateUnit unit);
/// `ms` moved by `amount` units: days and more on the clock of `zone`, the day of a month being at
/// most its last; hours and less on the moment. Empty beyond what dates can be.
std::optional<int64_t> AddToDate(int64_t ms, DateUnit unit, int64_t amount, const TimeZone& zone);

}  // namespace cairn::expression
