// SPDX-License-Identifier: Apache-2.0
// Dates as text, written and read by a format such as %Y-%m-%d, and read without one. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "query/expression/time_zone.h"

namespace cairn::expression {

/// What a text says of a date. Months and days count from 1.
struct DateText {
  std::optional<int64_t> year, month, day;
  std::optional<int64_t> day_of_year;
  std::optional<int64_t> iso_year, iso_week, iso_day;
  std::optional<int64_t> hour, minute, second;
  int64_t ms = 0;
  std::optional<TimeZone> zone;

  /// The moment; `otherwise` is the zone of a text without one. Error: ConversionFailure for what
  /// is incomplete, out of range, or has a zone although `otherwise` is not UTC.
  Result<int64_t> Moment(std::string_view text, const TimeZone& otherwise) const;
};

/// Errors: Location18536 for an unknown character after %, Location18535 for a % at the end.
Status CheckWriteFormat(std::string_view format);
Status CheckReadFormat(std::string_view format);
/// By a format that has been checked. Error: Location18537 for a year outside 0 to 9999.
Result<std::string> WriteDate(std::string_view format, int64_t ms, const TimeZone& zone);
/// By a format that has been checked. Error: ConversionFailure.
Result<DateText> ReadDateBy(std::string_view format, std::string_view text);
/// In any of the usual forms: ISO 8601, RFC 2822, 7/4/2018, July 4 2018, … Error:
/// ConversionFailure.
Result<DateText> ReadDate(std::string_view text);
/// 1 to 12 by the name of a month or its first three letters in any case; 0 for others.
int MonthByName(std::string_view name, bool full, bool abbreviated);
/// The error for a text that is no date.
Status NoDate(std::string_view text, std::string_view why);

}  // namespace cairn::expression
