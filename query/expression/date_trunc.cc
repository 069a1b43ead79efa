// SPDX-License-Identifier: Apache-2.0
// $dateTrunc: the beginning of the bin in which a date lies. Bins are counted from 2000-01-01 in
// the time zone, and those of weeks from the first start of a week on or after it.
#include <string>

#include "engine/base/try.h"
#include "query/expression/date_argument.h"
#include "query/expression/date_operators.h"

namespace cairn::expression {
namespace {

enum Field : size_t { kDate, kUnit, kBinSize, kTimezone, kStartOfWeek };
constexpr NamedField kFields[] = {{"date", ErrorCode::kLocation5439009},
                                  {"unit", ErrorCode::kLocation5439010},
                                  {"binSize", ErrorCode::kOk},
                                  {"timezone", ErrorCode::kOk},
                                  {"startOfWeek", ErrorCode::kOk}};

// 2000-01-01, a Saturday, in days.
constexpr int64_t kReferenceDay = 10957;

// The largest multiple of `bin` from `reference` on that is not above `value`.
std::optional<int64_t> BinStart(int64_t value, int64_t reference, int64_t bin) {
  int64_t distance = 0;
  int64_t whole = 0;
  int64_t start = 0;
  if (__builtin_sub_overflow(value, reference, &distance) ||
      __builtin_mul_overflow(FloorDivide(distance, bin), bin, &whole) ||
      __builtin_add_overflow(reference, whole, &start)) {
    return std::nullopt;
  }
  return start;
}

std::optional<int64_t> Midnight(std::optional<int64_t> days, const TimeZone& zone) {
  if (!days) return std::nullopt;
  return zone.UtcMs({*days, 0, 0});
}

std::optional<int64_t> Truncated(int64_t ms, DateUnit unit, int64_t bin, const TimeZone& zone,
                                 int start_of_week) {
  switch (unit) {
    case DateUnit::kYear:
    case DateUnit::kQuarter:
    case DateUnit::kMonth: {
      const int64_t months = unit == DateUnit::kYear ? 12 : unit == DateUnit::kQuarter ? 3 : 1;
      const CivilDate date = CivilDateOf(zone.Local(ms).days);
      const auto month = BinStart(date.year * 12 + date.month - 1, 2000 * 12, bin * months);
      if (!month) return std::nullopt;
      return Midnight(DaysOf(FloorDivide(*month, 12), FloorModulo(*month, 12) + 1, 1), zone);
    }
    case DateUnit::kWeek: {
      const int64_t first =
          kReferenceDay + FloorModulo(start_of_week - IsoDayOfWeek(kReferenceDay), 7);
      return Midnight(BinStart(zone.Local(ms).days, first, bin * 7), zone);
    }
    case DateUnit::kDay:
      return Midnight(BinStart(zone.Local(ms).days, kReferenceDay, bin), zone);
    default: {
      const auto reference = zone.UtcMs({kReferenceDay, 0, 0});
      int64_t bin_ms = 0;
      if (!reference || __builtin_mul_overflow(bin, MsPerUnit(unit), &bin_ms)) return std::nullopt;
      return BinStart(ms, *reference, bin_ms);
    }
  }
}

Result<int64_t> BinSize(bson::Value value) {
  const auto size = value.IsNumber() ? bson::ToInt64Exact(bson::Number::From(value)) : std::nullopt;
  if (!size) {
    return Status(ErrorCode::kLocation5439017,
                  "$dateTrunc requires 'binSize' to be a 64-bit integer, but got value of type " +
                      std::string(NameOfType(value)));
  }
  if (*size <= 0) {
    return Status(
        ErrorCode::kLocation5439018,
        "$dateTrunc requires 'binSize' to be greater than 0, but got " + std::to_string(*size));
  }
  return *size;
}

Result<bson::Value> DateTrunc(const NamedArguments& arguments, const Context& context) {
  bson::Value values[std::size(kFields)];
  for (const Field field : {kDate, kBinSize, kUnit}) {
    CAIRN_TRY_ASSIGN(values[field], arguments.Evaluate(field, context));
    if (arguments.Has(field) && values[field].IsNullish()) return Scratch::Null();
  }
  CAIRN_TRY_ASSIGN(const auto zone, ZoneArgument(arguments, kTimezone, context));
  if (!zone) return Scratch::Null();
  const auto ms = DateMsOf(values[kDate]);
  if (!ms) {
    return Status(ErrorCode::kLocation5439012, "$dateTrunc requires 'date' to be a date, but got " +
                                                   std::string(NameOfType(values[kDate])));
  }
  int64_t bin = 1;
  if (arguments.Has(kBinSize)) {
    CAIRN_TRY_ASSIGN(bin, BinSize(values[kBinSize]));
  }
  CAIRN_TRY_ASSIGN(const DateUnit unit, ParseDateUnit("$dateTrunc", values[kUnit]));
  // Of a unit other than weeks startOfWeek says nothing, but null is null unless all is constant.
  if (unit != DateUnit::kWeek && arguments.Has(kStartOfWeek) && !arguments.AllConstant()) {
    CAIRN_TRY_ASSIGN(const bson::Value start, arguments.Evaluate(kStartOfWeek, context));
    if (start.IsNullish()) return Scratch::Null();
  }
  CAIRN_TRY_ASSIGN(const auto start_of_week,
                   StartOfWeekArgument("$dateTrunc", arguments, kStartOfWeek, unit, context));
  if (!start_of_week) return Scratch::Null();
  // Larger bins of months and weeks hold all of time, and their sizes in days would overflow.
  constexpr int64_t kLongBinMax = int64_t{1} << 48;
  std::optional<int64_t> start;
  if (bin <= kLongBinMax || unit > DateUnit::kWeek) {
    start = Truncated(*ms, unit, bin, *zone, *start_of_week);
  }
  if (!start) {
    return Status(ErrorCode::kLocation5439005, "$dateTrunc made a date out of range");
  }
  return context.scratch->Date(*start);
}

}  // namespace

Result<ExpressionPtr> ParseDateTrunc(bson::Value operand, Scope* scope, int depth) {
  return ParseNamedCall(
      {"$dateTrunc", ErrorCode::kLocation5439007, ErrorCode::kLocation5439008, kFields}, DateTrunc,
      operand, scope, depth);
}

}  // namespace cairn::expression
