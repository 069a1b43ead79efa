// SPDX-License-Identifier: Apache-2.0
// kExpr: an aggregation expression whose value is true. Immutable; any thread.
#pragma once

#include "query/expression/expression.h"
#include "query/match/expression.h"

namespace cairn::match {

class Expr : public Expression {
 public:
  explicit Expr(expression::ExpressionPtr expression)
      : Expression(Kind::kExpr), expression_(std::move(expression)) {}
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  expression::ExpressionPtr expression_;
};

}  // namespace cairn::match
