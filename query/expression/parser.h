// SPDX-License-Identifier: Apache-2.0
// What parser.cc and operators.cc share: the call of an operator. Any thread.
#pragma once

#include "query/expression/expression.h"

namespace cairn::expression {

/// {$operator: arguments}, as an element. Errors as Parse.
Result<ExpressionPtr> ParseCall(const bson::Element& call, Scope* scope, int depth);

}  // namespace cairn::expression
