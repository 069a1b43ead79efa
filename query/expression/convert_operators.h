// SPDX-License-Identifier: Apache-2.0
// $convert and its short forms, for the table in operators.cc. Any thread.
#pragma once

#include "query/expression/operators.h"

namespace cairn::expression {

// convert.cc
Result<ExpressionPtr> ParseConvert(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseToBool(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseToDate(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseToDecimal(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseToDouble(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseToInt(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseToLong(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseToObjectId(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseToString(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseToUuid(bson::Value operand, Scope* scope, int depth);

}  // namespace cairn::expression
