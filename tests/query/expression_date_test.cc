// SPDX-License-Identifier: Apache-2.0
// The operators on dates, the calendar and the time zones below them.
#include <random>

#include "query/expression/calendar.h"
#include "query/expression/time_zone.h"
#include "tests/query/expression_cases.h"

namespace cairn {
namespace {

// "d" is 2024-02-29T22:30:15.250Z, a Thursday.
constexpr const char* kDocument =
    R"({"_id":1,"d":{"$date":{"$numberLong":"1709245815250"}},"n":null,"s":"x","zone":"Europe/Rome",
        "t":{"$timestamp":{"t":1700000000,"i":7}},"o":{"$oid":"65553f000000000000000000"},
        "l":[{"$date":{"$numberLong":"0"}}]})";

constexpr ValueCase kValues[] = {
    {R"({"$year":"$d"})", "2024"},
    {R"({"$year":["$d"]})", "2024"},
    {R"({"$year":"$t"})", "2023"},
    {R"({"$year":"$o"})", "2023"},
    {R"({"$year":"$n"})", "null"},
    {R"({"$year":"$zz"})", "null"},
    {R"({"$year":{"date":"$d","timezone":"$n"}})", "null"},
    {R"({"$dayOfMonth":{"date":"$d","timezone":"$zone"}})", "29"},
    {R"({"$dayOfMonth":{"date":"$d","timezone":"+02"}})", "1"},
    {R"({"$hour":{"date":"$d","timezone":"-0330"}})", "19"},
    {R"({"$minute":{"date":"$d","timezone":"+05:45"}})", "15"},
    {R"({"$isoWeekYear":{"$date":"2021-01-03T00:00:00Z"}})", R"({"$numberLong":"2020"})"},
    {R"({"$isoWeek":{"$date":"2021-01-03T00:00:00Z"}})", "53"},
    {R"({"$week":{"$date":"2021-01-03T00:00:00Z"}})", "1"},
    {R"({"$dayOfWeek":{"$date":"2021-01-03T00:00:00Z"}})", "1"},
    {R"({"$dateToParts":{"date":"$d","iso8601":true}})",
     R"({"isoWeekYear":2024,"isoWeek":9,"isoDayOfWeek":4,"hour":22,"minute":30,"second":15,"millisecond":250})"},
    {R"({"$dateFromParts":{"year":2024,"month":0,"day":0}})",
     R"({"$date":"2023-11-30T00:00:00Z"})"},
    {R"({"$dateFromParts":{"isoWeekYear":2021}})", R"({"$date":"2021-01-04T00:00:00Z"})"},
    {R"({"$dateFromParts":{"year":2024,"month":3,"day":31,"hour":2,"minute":30,"timezone":"$zone"}})",
     R"({"$date":"2024-03-31T01:30:00Z"})"},
    {R"({"$dateFromParts":{"year":2024,"month":"$n"}})", "null"},
    {R"({"$dateAdd":{"startDate":"$d","unit":"month","amount":12}})",
     R"({"$date":"2025-02-28T22:30:15.250Z"})"},
    {R"({"$dateAdd":{"startDate":{"$date":"2024-03-30T12:00:00Z"},"unit":"day","amount":1,"timezone":"$zone"}})",
     R"({"$date":"2024-03-31T11:00:00Z"})"},
    {R"({"$dateAdd":{"startDate":{"$date":"2024-03-30T12:00:00Z"},"unit":"hour","amount":24,"timezone":"$zone"}})",
     R"({"$date":"2024-03-31T12:00:00Z"})"},
    {R"({"$dateSubtract":{"startDate":"$d","unit":"quarter","amount":1}})",
     R"({"$date":"2023-11-29T22:30:15.250Z"})"},
    {R"({"$dateSubtract":{"startDate":"$d","unit":"week","amount":"$n"}})", "null"},
    {R"({"$dateDiff":{"startDate":{"$date":"2023-12-31T23:59:59Z"},"endDate":"$d","unit":"year"}})",
     R"({"$numberLong":"1"})"},
    {R"({"$dateDiff":{"startDate":{"$date":"2024-02-25T00:00:00Z"},"endDate":"$d","unit":"week","startOfWeek":"Mon"}})",
     R"({"$numberLong":"1"})"},
    {R"({"$dateDiff":{"startDate":{"$date":"2024-02-25T00:00:00Z"},"endDate":"$d","unit":"week"}})",
     R"({"$numberLong":"0"})"},
    {R"({"$dateDiff":{"startDate":{"$date":"2024-03-30T12:00:00Z"},"endDate":{"$date":"2024-03-31T12:00:00Z"},"unit":"hour","timezone":"$zone"}})",
     R"({"$numberLong":"24"})"},
    {R"({"$dateTrunc":{"date":"$d","unit":"week"}})", R"({"$date":"2024-02-25T00:00:00Z"})"},
    {R"({"$dateTrunc":{"date":"$d","unit":"day","startOfWeek":"none"}})",
     R"({"$date":"2024-02-29T00:00:00Z"})"},
    {R"({"$dateTrunc":{"date":"$d","unit":"day","startOfWeek":null}})", "null"},
    {R"({"$dateTrunc":{"date":{"$date":"2024-02-29T12:00:00Z"},"unit":"day","startOfWeek":null}})",
     R"({"$date":"2024-02-29T00:00:00Z"})"},
    {R"({"$dateTrunc":{"date":"$d","unit":"month","binSize":5}})",
     R"({"$date":"2023-10-01T00:00:00Z"})"},
    {R"({"$dateTrunc":{"date":{"$date":"1999-12-31T00:00:00Z"},"unit":"year","binSize":10}})",
     R"({"$date":"1990-01-01T00:00:00Z"})"},
    {R"({"$dateToString":{"date":"$d"}})", R"("2024-02-29T22:30:15.250Z")"},
    {R"({"$dateToString":{"date":"$d","timezone":"-03:30"}})", R"("2024-02-29T19:00:15.250")"},
    {R"({"$dateToString":{"date":"$d","format":"%j %U %V %u %w %z %Z %B%%","timezone":"-03:30"}})",
     R"("060 08 09 4 5 -0330 -210 February%")"},
    {R"({"$dateToString":{"date":"$n","onNull":"none"}})", R"("none")"},
    {R"({"$dateToString":{"date":"$n","onNull":"$zz"}})", nullptr},
    {R"({"$dateFromString":{"dateString":"2024-02-29T22:30:15.250-01:00"}})",
     R"({"$date":"2024-02-29T23:30:15.250Z"})"},
    {R"({"$dateFromString":{"dateString":"Thu, 29 Feb 2024 10:30 pm UTC"}})",
     R"({"$date":"2024-02-29T22:30:00Z"})"},
    {R"({"$dateFromString":{"dateString":"2/29/2024 1:02:03"}})",
     R"({"$date":"2024-02-29T01:02:03Z"})"},
    {R"({"$dateFromString":{"dateString":"20240229T223015"}})",
     R"({"$date":"2024-02-29T22:30:15Z"})"},
    {R"({"$dateFromString":{"dateString":"2024-060"}})", R"({"$date":"2024-02-29T00:00:00Z"})"},
    {R"({"$dateFromString":{"dateString":"2024-W09-4"}})", R"({"$date":"2024-02-29T00:00:00Z"})"},
    {R"({"$dateFromString":{"dateString":"29.2.2024","format":"%d.%m.%Y","timezone":"+01"}})",
     R"({"$date":"2024-02-28T23:00:00Z"})"},
    {R"({"$dateFromString":{"dateString":"2024-02-29 1:2:3.5","format":"%Y-%m-%d %H:%M:%S.%L","onError":"two digits"}})",
     R"("two digits")"},
    {R"({"$dateFromString":{"dateString":"2024-02-29 1:02:03.5","format":"%Y-%m-%d %H:%M:%S.%L"}})",
     R"({"$date":"2024-02-29T01:02:03.500Z"})"},
    {R"({"$dateFromString":{"dateString":"Feb 29th, 2024 1:2:3"}})",
     R"({"$date":"2024-02-29T01:02:03Z"})"},
    {R"({"$dateFromString":{"dateString":"31 Feb 2024","onError":"bad"}})", R"("bad")"},
    {R"({"$dateFromString":{"dateString":"$n","onNull":0}})", "0"},
    {R"({"$tsSecond":"$t"})", R"({"$numberLong":"1700000000"})"},
    {R"({"$tsIncrement":"$t"})", R"({"$numberLong":"7"})"},
    {R"({"$tsIncrement":"$n"})", "null"},
};

TEST(DateExpression, Values) {
  for (const ValueCase& c : kValues) ExpectValue(kDocument, c);
}

constexpr ErrorCase kErrors[] = {
    {R"({"$year":"$s"})", ErrorCode::kLocation16006},
    {R"({"$year":"$l"})", ErrorCode::kLocation16006},
    {R"({"$year":[]})", ErrorCode::kLocation40536},
    {R"({"$year":{"timezone":"UTC"}})", ErrorCode::kLocation40539},
    {R"({"$year":{"date":"$d","x":1}})", ErrorCode::kLocation40535},
    {R"({"$year":{"date":"$d","timezone":5}})", ErrorCode::kLocation40517},
    {R"({"$year":{"date":"$d","timezone":"europe/rome"}})", ErrorCode::kLocation40485},
    {R"({"$year":{"date":"$d","timezone":"PST"}})", ErrorCode::kLocation40485},
    {R"({"$dateToParts":1})", ErrorCode::kLocation40524},
    {R"({"$dateToParts":{"date":"$d","iso8601":1}})", ErrorCode::kLocation40521},
    {R"({"$dateFromParts":{"month":1}})", ErrorCode::kLocation40516},
    {R"({"$dateFromParts":{"year":2024,"isoWeek":1}})", ErrorCode::kLocation40489},
    {R"({"$dateFromParts":{"isoWeekYear":2024,"day":1}})", ErrorCode::kLocation40525},
    {R"({"$dateFromParts":{"year":0}})", ErrorCode::kLocation40523},
    {R"({"$dateFromParts":{"year":2024.5}})", ErrorCode::kLocation40515},
    {R"({"$dateFromParts":{"year":2024,"day":40000}})", ErrorCode::kLocation31034},
    {R"({"$dateAdd":{"startDate":"$s","unit":"day","amount":1}})", ErrorCode::kLocation5166403},
    {R"({"$dateAdd":{"startDate":"$d","unit":"days","amount":1}})", ErrorCode::kFailedToParse},
    {R"({"$dateAdd":{"startDate":"$d","unit":1,"amount":1}})", ErrorCode::kLocation5439013},
    {R"({"$dateAdd":{"startDate":"$d","unit":"day","amount":1.5}})", ErrorCode::kLocation5166405},
    {R"({"$dateAdd":{"startDate":"$d","unit":"year","amount":{"$numberLong":"300000000"}}})",
     ErrorCode::kLocation5976500},
    {R"({"$dateAdd":{"startDate":"$d","unit":"millisecond","amount":{"$numberLong":"9223372036854775807"}}})",
     ErrorCode::kLocation5166406},
    {R"({"$dateAdd":{"startDate":"$d","unit":"year","amount":292471000}})",
     ErrorCode::kLocation5166406},
    {R"({"$dateSubtract":{"startDate":"$d","unit":"day"}})", ErrorCode::kLocation5166402},
    {R"({"$dateDiff":{"startDate":"$d","endDate":"$s","unit":"day"}})",
     ErrorCode::kLocation5166307},
    {R"({"$dateDiff":{"startDate":"$d","endDate":"$d","unit":"week","startOfWeek":"x"}})",
     ErrorCode::kLocation5439016},
    {R"({"$dateTrunc":{"date":"$s","unit":"day"}})", ErrorCode::kLocation5439012},
    {R"({"$dateTrunc":{"date":"$d","unit":"day","binSize":0}})", ErrorCode::kLocation5439018},
    {R"({"$dateTrunc":{"date":"$d","unit":"week","binSize":{"$numberLong":"9223372036854775807"}}})",
     ErrorCode::kLocation5439005},
    {R"({"$dateToString":{"date":"$d","format":"%q"}})", ErrorCode::kLocation18536},
    {R"({"$dateToString":{"date":"$d","format":"%"}})", ErrorCode::kLocation18535},
    {R"({"$dateToString":{"date":{"$date":{"$numberLong":"253402300800000"}}}})",
     ErrorCode::kLocation18537},
    {R"({"$dateFromString":{"dateString":1}})", ErrorCode::kConversionFailure},
    {R"({"$dateFromString":{"dateString":"2024-02"}})", ErrorCode::kConversionFailure},
    {R"({"$dateFromString":{"dateString":" 2024-02-01"}})", ErrorCode::kConversionFailure},
    {R"({"$dateFromString":{"dateString":"2024-02-01T00:00Z","timezone":"Europe/Rome"}})",
     ErrorCode::kConversionFailure},
    {R"({"$dateFromString":{"dateString":"2024-02-01","format":1}})", ErrorCode::kLocation40684},
    {R"({"$tsSecond":"$d"})", ErrorCode::kLocation5687301},
    {R"({"$tsIncrement":"$d"})", ErrorCode::kLocation5687302},
};

TEST(DateExpression, Errors) {
  for (const ErrorCase& c : kErrors) ExpectError(kDocument, c);
}

TEST(Calendar, DaysAndDatesAgree) {
  using namespace expression;
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<int64_t> any(-106751991168, 106751991167);
  for (int i = 0; i < 20000; ++i) {
    const int64_t days = any(random);
    const CivilDate date = CivilDateOf(days);
    ASSERT_EQ(DaysOf(date.year, date.month, date.day), days);
    ASSERT_LE(date.day, DaysInMonth(date.year, date.month));
    const IsoWeek week = IsoWeekOf(days);
    ASSERT_EQ(FirstIsoMonday(week.year) + (week.week - 1) * 7 + IsoDayOfWeek(days) - 1, days);
  }
  EXPECT_EQ(DaysOf(1970, 1, 1), 0);
  EXPECT_EQ(DaysOf(2000, 3, 1) - DaysOf(2000, 2, 1), 29);
  EXPECT_EQ(DaysOf(1900, 3, 1) - DaysOf(1900, 2, 1), 28);
}

TEST(TimeZone, LocalAndUtcAgreeAwayFromChanges) {
  using namespace expression;
  for (const char* name : {"Europe/Rome", "America/New_York", "Asia/Kolkata", "-11:30", "UTC"}) {
    const TimeZone zone = TimeZone::Find(name).value();
    // The middles of months, in which no clock is changed, over a thousand years and more.
    for (int month = 0; month < 30000; ++month) {
      const int64_t ms = DaysOf(1900, 1 + month, 15) * kSecondsPerDay * kMsPerSecond + 7;
      ASSERT_EQ(zone.UtcMs(zone.Local(ms)), ms) << name << " " << ms;
    }
  }
  const TimeZone rome = TimeZone::Find("Europe/Rome").value();
  for (const int64_t ms : {INT64_MIN, INT64_MAX})
    EXPECT_EQ(TimeZone().UtcMs(rome.Local(ms)).has_value(), ms < 0);
}

}  // namespace
}  // namespace cairn
