// SPDX-License-Identifier: Apache-2.0
// kExpr: an aggregation expression whose value is true. Immutable; any thread.
#pragma once

#include "query/expression/expression.h"
#include "query/match/expression.h"

namespace cairn::match {

class Expr : public Expression {
 public:
  Expr(expression::ExpressionPtr expression, std::shared_ptr<const collation::Collator> collator)
      : Expression(Kind::kExpr),
        expression_(std::move(expression)),
        collator_(std::move(collator)) {}
  const expression::Expression& expression() const { return *expression_; }
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  expression::ExpressionPtr expression_;
  std::shared_ptr<const collation::Collator> collator_;
};

}  // namespace cairn::match
