// SPDX-License-Identifier: Apache-2.0
// kExpr: an aggregation expression whose value is true. Immutable; any thread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "query/expression/expression.h"
#include "query/match/expression.h"

namespace cairn::match {

/// What a $expr demands of one path: that its value, an array as a whole and a missing one as the
/// least but MinKey, compares so to a constant in the order of all types. For the planner: the
/// $expr itself decides, so this is never asked.
class ExprComparison : public PathExpression {
 public:
  /// `comparison`: kEq, kGt, kGte, kLt or kLte.
  ExprComparison(Kind comparison, path::FieldPath path, bson::Value operand)
      : PathExpression(Kind::kExprComparison, std::move(path)),
        comparison_(comparison),
        operand_(bson::Builder().Append("", operand).Finish()) {}
  Kind comparison() const { return comparison_; }
  bson::Value operand() const { return operand_.view().begin()->value; }
  bool Matches(bson::View, Evaluation*) const override { return true; }
  bool MatchesValue(bson::Value, Evaluation*) const override { return true; }

 private:
  const Kind comparison_;
  const bson::Document operand_;
};

using Demands = std::vector<std::unique_ptr<ExprComparison>>;

class Expr : public Expression {
 public:
  Expr(expression::ExpressionPtr expression, std::shared_ptr<const collation::Collator> collator,
       Demands demands)
      : Expression(Kind::kExpr),
        expression_(std::move(expression)),
        collator_(std::move(collator)),
        demands_(std::move(demands)) {}
  const expression::Expression& expression() const { return *expression_; }
  /// What it demands of single paths, among other things.
  const Demands& demands() const { return demands_; }
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  expression::ExpressionPtr expression_;
  std::shared_ptr<const collation::Collator> collator_;
  Demands demands_;
};

}  // namespace cairn::match
