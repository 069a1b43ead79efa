// SPDX-License-Identifier: Apache-2.0
// The operators on dates and timestamps, for the table in operators.cc. Any thread.
#pragma once

#include "query/expression/operators.h"

namespace cairn::expression {

// date_parts.cc
Result<ExpressionPtr> ParseDateToParts(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseDayOfMonth(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseDayOfWeekOf(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseDayOfYear(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseHour(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseIsoDayOfWeek(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseIsoWeek(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseIsoWeekYear(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseMillisecond(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseMinute(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseMonth(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseSecond(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseWeek(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseYear(bson::Value operand, Scope* scope, int depth);
// date_from_parts.cc
Result<ExpressionPtr> ParseDateFromParts(bson::Value operand, Scope* scope, int depth);
// date_arithmetic.cc
Result<ExpressionPtr> ParseDateAdd(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseDateSubtract(bson::Value operand, Scope* scope, int depth);
// date_diff.cc
Result<ExpressionPtr> ParseDateDiff(bson::Value operand, Scope* scope, int depth);
// date_trunc.cc
Result<ExpressionPtr> ParseDateTrunc(bson::Value operand, Scope* scope, int depth);
// date_text.cc
Result<ExpressionPtr> ParseDateFromString(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseDateToString(bson::Value operand, Scope* scope, int depth);
// timestamp.cc
Result<bson::Value> TsIncrement(std::span<const bson::Value>, const Context&);
Result<bson::Value> TsSecond(std::span<const bson::Value>, const Context&);

}  // namespace cairn::expression
