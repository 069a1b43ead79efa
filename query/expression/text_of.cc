// SPDX-License-Identifier: Apache-2.0
#include "query/expression/text_of.h"

#include <charconv>
#include <cmath>

#include "engine/base/try.h"
#include "query/expression/calendar.h"
#include "query/expression/date_format.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

// As C's asctime without the year: "Jul 20 18:40:00:1".
std::string TextOfTimestamp(bson::Timestamp timestamp) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const LocalTime time = LocalTimeOf(timestamp.seconds, 0);
  const CivilDate date = CivilDateOf(time.days);
  const auto padded = [](int value, char fill) {
    return (value < 10 ? std::string(1, fill) : std::string()) + std::to_string(value);
  };
  return std::string(kMonths.substr(static_cast<size_t>(date.month - 1) * 3, 3)) + " " +
         padded(date.day, ' ') + " " + padded(time.hour(), '0') + ":" + padded(time.minute(), '0') +
         ":" + padded(time.second(), '0') + ":" + std::to_string(timestamp.increment);
}

// As C's %g, which MongoDB uses here, other than in conversions.
std::string SixDigits(double value) {
  char text[32];
  const auto written =
      std::to_chars(text, text + sizeof(text), value, std::chars_format::general, 6);
  return std::string(text, written.ptr);
}

}  // namespace

std::string TextOfDouble(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  char text[32];
  const double magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  const auto written =
      std::to_chars(text, text + sizeof(text), value,
                    plain ? std::chars_format::fixed : std::chars_format::scientific);
  return std::string(text, written.ptr);
}

Result<std::string> TextOf(bson::Value value) {
  switch (value.type()) {
    case bson::Type::kNull:
    case bson::Type::kUndefined:
    case bson::Type::kEndOfObject:
      return std::string();
    case bson::Type::kString:
    case bson::Type::kSymbol:
    case bson::Type::kCode:
      return std::string(value.AsString());
    case bson::Type::kInt32:
      return std::to_string(value.AsInt32());
    case bson::Type::kInt64:
      return std::to_string(value.AsInt64());
    case bson::Type::kDouble:
      return SixDigits(value.AsDouble());
    case bson::Type::kDecimal128:
      return value.AsDecimal128().ToString();
    case bson::Type::kDate:
      return WriteDate("%Y-%m-%dT%H:%M:%S.%LZ", value.AsDateMs(), TimeZone());
    case bson::Type::kTimestamp:
      return TextOfTimestamp(value.AsTimestamp());
    default:
      return Status(ErrorCode::kLocation16007, "can't convert from BSON type " +
                                                   std::string(NameOfType(value)) + " to String");
  }
}

}  // namespace cairn::expression
