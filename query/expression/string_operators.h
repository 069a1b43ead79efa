// SPDX-License-Identifier: Apache-2.0
// The operators on strings, for the table in operators.cc. Any thread.
#pragma once

#include "query/expression/operators.h"

namespace cairn::expression {

// string.cc
Result<bson::Value> Concat(std::span<const bson::Value>, const Context&);
Result<bson::Value> StrCaseCmp(std::span<const bson::Value>, const Context&);
Result<bson::Value> ToLower(std::span<const bson::Value>, const Context&);
Result<bson::Value> ToUpper(std::span<const bson::Value>, const Context&);
// string_part.cc
Result<bson::Value> StrLenBytes(std::span<const bson::Value>, const Context&);
Result<bson::Value> StrLenCp(std::span<const bson::Value>, const Context&);
Result<bson::Value> SubstrBytes(std::span<const bson::Value>, const Context&);
Result<bson::Value> SubstrCp(std::span<const bson::Value>, const Context&);
// string_search.cc
Result<bson::Value> IndexOfBytes(std::span<const bson::Value>, const Context&);
Result<bson::Value> IndexOfCp(std::span<const bson::Value>, const Context&);
Result<bson::Value> Split(std::span<const bson::Value>, const Context&);
Result<ExpressionPtr> ParseReplaceAll(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseReplaceOne(bson::Value operand, Scope* scope, int depth);
// string_trim.cc
Result<ExpressionPtr> ParseLtrim(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseRtrim(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseTrim(bson::Value operand, Scope* scope, int depth);
// regex.cc
Result<ExpressionPtr> ParseRegexFind(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseRegexFindAll(bson::Value operand, Scope* scope, int depth);
Result<ExpressionPtr> ParseRegexMatch(bson::Value operand, Scope* scope, int depth);

}  // namespace cairn::expression
