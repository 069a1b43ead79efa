// SPDX-License-Identifier: Apache-2.0
// $dateToString and $dateFromString.
#include <string>

#include "engine/base/try.h"
#include "query/expression/date_argument.h"
#include "query/expression/date_format.h"
#include "query/expression/date_operators.h"

namespace cairn::expression {
namespace {

enum ToStringField : size_t { kDate, kWriteFormat, kWriteZone, kWriteOnNull };
constexpr NamedField kToStringFields[] = {{"date", ErrorCode::kLocation18628},
                                          {"format", ErrorCode::kOk},
                                          {"timezone", ErrorCode::kOk},
                                          {"onNull", ErrorCode::kOk}};

enum FromStringField : size_t { kText, kReadZone, kReadFormat, kReadOnNull, kOnError };
constexpr NamedField kFromStringFields[] = {{"dateString", ErrorCode::kLocation40542},
                                            {"timezone", ErrorCode::kOk},
                                            {"format", ErrorCode::kOk},
                                            {"onNull", ErrorCode::kOk},
                                            {"onError", ErrorCode::kOk}};

// A format that has been checked, or null.
Result<bson::Value> FormatArgument(const NamedArguments& arguments, size_t i, std::string_view name,
                                   ErrorCode no_string, Status (*check)(std::string_view),
                                   const Context& context) {
  CAIRN_TRY_ASSIGN(const bson::Value format, arguments.Evaluate(i, context));
  if (format.IsNullish()) return format;
  if (format.type() != bson::Type::kString) {
    return Status(no_string, std::string(name) + " requires that 'format' be a string, found: " +
                                 std::string(NameOfType(format)));
  }
  CAIRN_TRY(check(format.AsString()));
  return format;
}

Result<bson::Value> OrNull(const NamedArguments& arguments, size_t i, const Context& context) {
  return arguments.Has(i) ? arguments.Evaluate(i, context) : Scratch::Null();
}

Result<bson::Value> DateToString(const NamedArguments& arguments, const Context& context) {
  CAIRN_TRY_ASSIGN(const bson::Value date, arguments.Evaluate(kDate, context));
  CAIRN_TRY_ASSIGN(const bson::Value format,
                   FormatArgument(arguments, kWriteFormat, "$dateToString",
                                  ErrorCode::kLocation18533, CheckWriteFormat, context));
  CAIRN_TRY_ASSIGN(const auto zone, ZoneArgument(arguments, kWriteZone, context));
  if (date.IsNullish()) return OrNull(arguments, kWriteOnNull, context);
  if (!zone || (arguments.Has(kWriteFormat) && format.IsNullish())) return Scratch::Null();
  CAIRN_TRY_ASSIGN(const int64_t ms, DateMs(date));
  std::string_view by = zone->IsUtc() ? "%Y-%m-%dT%H:%M:%S.%LZ" : "%Y-%m-%dT%H:%M:%S.%L";
  if (!format.IsNullish()) by = format.AsString();
  CAIRN_TRY_ASSIGN(const std::string text, WriteDate(by, ms, *zone));
  return context.scratch->String(text);
}

Result<int64_t> MomentOf(bson::Value text, bson::Value format, const TimeZone& zone) {
  if (text.type() != bson::Type::kString) {
    return Status(ErrorCode::kConversionFailure,
                  "$dateFromString requires that 'dateString' be a string, found: " +
                      std::string(NameOfType(text)));
  }
  CAIRN_TRY_ASSIGN(const DateText date, format.IsNullish()
                                            ? ReadDate(text.AsString())
                                            : ReadDateBy(format.AsString(), text.AsString()));
  return date.Moment(text.AsString(), zone);
}

Result<bson::Value> DateFromString(const NamedArguments& arguments, const Context& context) {
  CAIRN_TRY_ASSIGN(const bson::Value text, arguments.Evaluate(kText, context));
  CAIRN_TRY_ASSIGN(const bson::Value format,
                   FormatArgument(arguments, kReadFormat, "$dateFromString",
                                  ErrorCode::kLocation40684, CheckReadFormat, context));
  CAIRN_TRY_ASSIGN(const auto zone, ZoneArgument(arguments, kReadZone, context));
  if (text.IsNullish()) return OrNull(arguments, kReadOnNull, context);
  const bool is_string = text.type() == bson::Type::kString;
  if (is_string && (!zone || (arguments.Has(kReadFormat) && format.IsNullish()))) {
    return Scratch::Null();
  }
  auto ms = MomentOf(text, format, zone.value_or(TimeZone()));
  if (ms.ok()) return context.scratch->Date(*ms);
  if (arguments.Has(kOnError)) return arguments.Evaluate(kOnError, context);
  return std::move(ms).status();
}

}  // namespace

Result<ExpressionPtr> ParseDateToString(bson::Value operand, Scope* scope, int depth) {
  return ParseNamedCall(
      {"$dateToString", ErrorCode::kLocation18629, ErrorCode::kLocation18534, kToStringFields},
      DateToString, operand, scope, depth);
}

Result<ExpressionPtr> ParseDateFromString(bson::Value operand, Scope* scope, int depth) {
  return ParseNamedCall(
      {"$dateFromString", ErrorCode::kLocation40540, ErrorCode::kLocation40541, kFromStringFields},
      DateFromString, operand, scope, depth);
}

}  // namespace cairn::expression
