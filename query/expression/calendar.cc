// SPDX-License-Identifier: Apache-2.0
// Years are counted from March here, so that the leap day is a year's last; 400 of them are an era.
#include "query/expression/calendar.h"

namespace cairn::expression {
namespace {

constexpr int64_t kDaysPerEra = 146097;
// From 0000-03-01 to 1970-01-01.
constexpr int64_t kDaysBefore1970 = 719468;

}  // namespace

LocalTime LocalTimeOf(int64_t seconds, int ms) {
  return {FloorDivide(seconds, kSecondsPerDay),
          static_cast<int>(FloorModulo(seconds, kSecondsPerDay)), ms};
}

int64_t DaysOf(int64_t year, int64_t month, int64_t day) {
  const int64_t months = month - 3;
  const int64_t march_year = year + FloorDivide(months, 12);
  const int64_t era = FloorDivide(march_year, 400);
  const int64_t year_of_era = march_year - era * 400;
  const int64_t day_of_year = (153 * FloorModulo(months, 12) + 2) / 5;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPerEra + day_of_era - kDaysBefore1970 + day - 1;
}

CivilDate CivilDateOf(int64_t days) {
  const int64_t from_march = days + kDaysBefore1970;
  const int64_t era = FloorDivide(from_march, kDaysPerEra);
  const int64_t day_of_era = from_march - era * kDaysPerEra;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<int>(day_of_year - (153 * march_month + 2) / 5 + 1);
  const auto month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

int DaysInMonth(int64_t year, int month) {
  return static_cast<int>(DaysOf(year, month + 1, 1) - DaysOf(year, month, 1));
}

// 1970-01-01 was a Thursday.
int IsoDayOfWeek(int64_t days) { return static_cast<int>(FloorModulo(days + 3, 7)) + 1; }

int DayOfYear(int64_t days) {
  return static_cast<int>(days - DaysOf(CivilDateOf(days).year, 1, 1)) + 1;
}

int64_t FirstIsoMonday(int64_t year) {
  const int64_t fourth = DaysOf(year, 1, 4);
  return fourth - (IsoDayOfWeek(fourth) - 1);
}

IsoWeek IsoWeekOf(int64_t days) {
  // A week belongs to the year of its Thursday.
  const int64_t year = CivilDateOf(days - IsoDayOfWeek(days) + 4).year;
  return {year, static_cast<int>((days - FirstIsoMonday(year)) / 7) + 1};
}

int SundayWeekOf(int64_t days) { return (DayOfYear(days) - 1 + 7 - IsoDayOfWeek(days) % 7) / 7; }

}  // namespace cairn::expression
