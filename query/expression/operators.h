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
/// $$CURRENT.
ExpressionPtr MakeCurrent(const Scope& scope);

// accumulated.cc
Result<ExpressionPtr> ParseAvg(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseFirstN(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseLastN(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseMax(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseMaxN(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseMedian(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseMin(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseMinN(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParsePercentile(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseStdDevPop(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseStdDevSamp(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseSum(bson::Value operand, Scope* scope, int depth);
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
Result<bson::Value> IndexOfArray(std::span<const bson::Value>, const Context&);
Result<bson::Value> IsArray(std::span<const bson::Value>, const Context&);
Result<bson::Value> Last(std::span<const bson::Value>, const Context&);
Result<bson::Value> Range(std::span<const bson::Value>, const Context&);
Result<bson::Value> ReverseArray(std::span<const bson::Value>, const Context&);
Result<bson::Value> Size(std::span<const bson::Value>, const Context&);
Result<bson::Value> Slice(std::span<const bson::Value>, const Context&);
// bitwise.cc
Result<bson::Value> BitAnd(std::span<const bson::Value>, const Context&);
Result<bson::Value> BitNot(std::span<const bson::Value>, const Context&);
Result<bson::Value> BitOr(std::span<const bson::Value>, const Context&);
Result<bson::Value> BitXor(std::span<const bson::Value>, const Context&);
// comparison.cc
Result<bson::Value> Cmp(std::span<const bson::Value>, const Context&);
Result<bson::Value> Eq(std::span<const bson::Value>, const Context&);
Result<bson::Value> Gt(std::span<const bson::Value>, const Context&);
Result<bson::Value> Gte(std::span<const bson::Value>, const Context&);
Result<bson::Value> IsNumber(std::span<const bson::Value>, const Context&);
Result<bson::Value> Lt(std::span<const bson::Value>, const Context&);
Result<bson::Value> Lte(std::span<const bson::Value>, const Context&);
Result<bson::Value> Ne(std::span<const bson::Value>, const Context&);
Result<bson::Value> Not(std::span<const bson::Value>, const Context&);
Result<bson::Value> Type(std::span<const bson::Value>, const Context&);
// conditional.cc
Result<ExpressionPtr> ParseAnd(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseCond(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseIfNull(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseLiteral(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseOr(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseSwitch(bson::Value operand, Scope* scope, int depth);
// exponential.cc
Result<bson::Value> Exp(std::span<const bson::Value>, const Context&);
Result<bson::Value> Ln(std::span<const bson::Value>, const Context&);
Result<bson::Value> Log(std::span<const bson::Value>, const Context&);
Result<bson::Value> Log10(std::span<const bson::Value>, const Context&);
Result<ExpressionPtr> ParseSigmoid(bson::Value operand, Scope* scope, int depth);
Result<bson::Value> Pow(std::span<const bson::Value>, const Context&);
Result<bson::Value> Sqrt(std::span<const bson::Value>, const Context&);
// generated.cc
Result<ExpressionPtr> ParseCreateObjectId(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseRand(bson::Value operand, Scope* scope, int depth);
// iteration.cc
Result<ExpressionPtr> ParseFilter(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseLet(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseMap(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseReduce(bson::Value operand, Scope* scope, int depth);
// measure.cc
Result<bson::Value> BinarySize(std::span<const bson::Value>, const Context&);
Result<bson::Value> BsonSize(std::span<const bson::Value>, const Context&);
Result<bson::Value> ToHashedIndexKey(std::span<const bson::Value>, const Context&);
// meta.cc
Result<ExpressionPtr> ParseMeta(bson::Value operand, Scope* scope, int depth);
// object.cc
Result<bson::Value> ArrayToObject(std::span<const bson::Value>, const Context&);
Result<bson::Value> MergeObjects(std::span<const bson::Value>, const Context&);
Result<bson::Value> ObjectToArray(std::span<const bson::Value>, const Context&);
Result<ExpressionPtr> ParseGetField(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseSetField(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseUnsetField(bson::Value operand, Scope* scope, int depth);
// rounding.cc
Result<bson::Value> Ceil(std::span<const bson::Value>, const Context&);
Result<bson::Value> Floor(std::span<const bson::Value>, const Context&);
Result<bson::Value> Round(std::span<const bson::Value>, const Context&);
Result<bson::Value> Trunc(std::span<const bson::Value>, const Context&);
// set.cc
Result<bson::Value> AllElementsTrue(std::span<const bson::Value>, const Context&);
Result<bson::Value> AnyElementTrue(std::span<const bson::Value>, const Context&);
Result<ExpressionPtr> ParseSetEquals(bson::Value operand, Scope* scope, int depth);
Result<bson::Value> SetDifference(std::span<const bson::Value>, const Context&);
Result<bson::Value> SetIntersection(std::span<const bson::Value>, const Context&);
Result<bson::Value> SetIsSubset(std::span<const bson::Value>, const Context&);
Result<bson::Value> SetUnion(std::span<const bson::Value>, const Context&);
// sort_array.cc
Result<ExpressionPtr> ParseSortArray(bson::Value operand, Scope* scope, int depth);
// trigonometry.cc
Result<bson::Value> Acos(std::span<const bson::Value>, const Context&);
Result<bson::Value> Acosh(std::span<const bson::Value>, const Context&);
Result<bson::Value> Asin(std::span<const bson::Value>, const Context&);
Result<bson::Value> Asinh(std::span<const bson::Value>, const Context&);
Result<bson::Value> Atan(std::span<const bson::Value>, const Context&);
Result<bson::Value> Atan2(std::span<const bson::Value>, const Context&);
Result<bson::Value> Atanh(std::span<const bson::Value>, const Context&);
Result<bson::Value> Cos(std::span<const bson::Value>, const Context&);
Result<bson::Value> Cosh(std::span<const bson::Value>, const Context&);
Result<bson::Value> DegreesToRadians(std::span<const bson::Value>, const Context&);
Result<bson::Value> RadiansToDegrees(std::span<const bson::Value>, const Context&);
Result<bson::Value> Sin(std::span<const bson::Value>, const Context&);
Result<bson::Value> Sinh(std::span<const bson::Value>, const Context&);
Result<bson::Value> Tan(std::span<const bson::Value>, const Context&);
Result<bson::Value> Tanh(std::span<const bson::Value>, const Context&);
// zip.cc
Result<ExpressionPtr> ParseZip(bson::Value operand, Scope* scope, int depth);

}  // namespace cairn::expression
