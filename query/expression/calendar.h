// SPDX-License-Identifier: Apache-2.0
// The proleptic Gregorian calendar over all of int64's milliseconds, with the weeks of ISO 8601.
// Days are counted from 1970-01-01. Pure; any thread.
#pragma once

#include <cstdint>

namespace cairn::expression {

inline constexpr int64_t kMsPerSecond = 1000;
inline constexpr int64_t kSecondsPerDay = 86400;

constexpr int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
constexpr int64_t FloorModulo(int64_t a, int64_t b) { return a - FloorDivide(a, b) * b; }

struct CivilDate {
  int64_t year;
  int month;  ///< 1 to 12.
  int day;    ///< 1 to 31.
};

struct IsoWeek {
  int64_t year;
  int week;  ///< 1 to 53.
};

/// A moment as a clock on the wall shows it.
struct LocalTime {
  int64_t days;
  int seconds;  ///< Of the day.
  int ms;       ///< Of the second.

  int64_t TotalSeconds() const { return days * kSecondsPerDay + seconds; }
  int hour() const { return seconds / 3600; }
  int minute() const { return seconds / 60 % 60; }
  int second() const { return seconds % 60; }
};

/// `seconds` since 1970 of a local clock.
LocalTime LocalTimeOf(int64_t seconds, int ms);
/// Months outside 1 to 12 count on into other years.
int64_t DaysOf(int64_t year, int64_t month, int64_t day);
CivilDate CivilDateOf(int64_t days);
int DaysInMonth(int64_t year, int month);
/// 1 for Monday to 7 for Sunday.
int IsoDayOfWeek(int64_t days);
/// 1 to 366.
int DayOfYear(int64_t days);
IsoWeek IsoWeekOf(int64_t days);
/// The Monday of a year's first week.
int64_t FirstIsoMonday(int64_t year);
/// The week of the year, 0 to 53, which begins on Sunday.
int SundayWeekOf(int64_t days);

}  // namespace cairn::expression
