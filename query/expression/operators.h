// SPDX-License-Identifier: Apache-2.0
// The operators of expressions by family: functions of evaluated arguments, and those that decide
// themselves what to evaluate. Any thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "query/expression/expression.h"

namespace cairn::expression {

/// A call of an operator whose arguments have been evaluated.
using Function = Result<bson::Value> (*)(std::span<const bson::Value> arguments,
                                         const Context& context);
/// Parses an operator with rules of its own.
using ParseOperator = Result<ExpressionPtr> (*)(bson::Value operand, Scope* scope, int depth);

/// The arguments of an operator: the elements of an array, or the one value.
Result<std::vector<ExpressionPtr>> ParseArguments(bson::Value operand, Scope* scope, int depth);
/// The error for a wrong number of arguments.
Status CheckCount(std::string_view name, size_t count, size_t min, size_t max);
/// "string", "missing", …, as errors name types.
std::string_view NameOfType(bson::Value value);
/// `expression`, evaluated if that can be done now.
Result<ExpressionPtr> Fold(ExpressionPtr expression, const Scope& scope);
/// As bson::Compare, by the collation of the query.
int Compare(bson::Value a, bson::Value b, const Context& context);
/// The parts of an expression: the dependencies of all, and whether all are constant.
void AddDependenciesOf(const std::vector<ExpressionPtr>& parts, Dependencies* dependencies);
bool AllConstant(const std::vector<ExpressionPtr>& parts);
/// A constant.
ExpressionPtr MakeConstant(bson::Value value);

// arithmetic.cc
Result<bson::Value> Abs(std::span<const bson::Value>, const Context&);
Result<bson::Value> Add(std::span<const bson::Value>, const Context&);
Result<bson::Value> Divide(std::span<const bson::Value>, const Context&);
Result<bson::Value> Mod(std::span<const bson::Value>, const Context&);
Result<bson::Value> Multiply(std::span<const bson::Value>, const Context&);
Result<bson::Value> Subtract(std::span<const bson::Value>, const Context&);
// array.cc
Result<bson::Value> ArrayElemAt(std::span<const bson::Value>, const Context&);
Result<bson::Value> ConcatArrays(std::span<const bson::Value>, const Context&);
Result<bson::Value> First(std::span<const bson::Value>, const Context&);
Result<bson::Value> In(std::span<const bson::Value>, const Context&);
Result<bson::Value> IsArray(std::span<const bson::Value>, const Context&);
Result<bson::Value> Last(std::span<const bson::Value>, const Context&);
Result<bson::Value> Size(std::span<const bson::Value>, const Context&);
Result<bson::Value> Slice(std::span<const bson::Value>, const Context&);
// comparison.cc
Result<bson::Value> Cmp(std::span<const bson::Value>, const Context&);
Result<bson::Value> Eq(std::span<const bson::Value>, const Context&);
Result<bson::Value> Gt(std::span<const bson::Value>, const Context&);
Result<bson::Value> Gte(std::span<const bson::Value>, const Context&);
Result<bson::Value> Lt(std::span<const bson::Value>, const Context&);
Result<bson::Value> Lte(std::span<const bson::Value>, const Context&);
Result<bson::Value> Ne(std::span<const bson::Value>, const Context&);
Result<bson::Value> Not(std::span<const bson::Value>, const Context&);
Result<bson::Value> IsNumber(std::span<const bson::Value>, const Context&);
Result<bson::Value> Type(std::span<const bson::Value>, const Context&);
// conditional.cc
Result<ExpressionPtr> ParseAnd(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseCond(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseIfNull(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseLiteral(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseOr(bson::Value operand, Scope* scope, int depth);

}  // namespace cairn::expression
