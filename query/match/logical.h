// SPDX-License-Identifier: Apache-2.0
// $and, $or, $nor, $not and the constants: predicates made of predicates.
// Immutable once built; any thread.
#pragma once

#include <memory>
#include <vector>

#include "query/match/expression.h"

namespace cairn::match {

using Children = std::vector<std::unique_ptr<Expression>>;

/// kAnd, kOr, kNor.
class Junction : public Expression {
 public:
  Junction(Kind kind, Children children);
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  template <typename Ask>
  bool Holds(Evaluation* evaluation, Ask&& ask) const;
  /// Of kAnd: the children in the order in which they note positions.
  std::vector<const Expression*> noting_;
};

/// kNot over one child.
class Not : public Expression {
 public:
  explicit Not(std::unique_ptr<Expression> child);
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;
};

/// kAlwaysTrue, kAlwaysFalse.
class Constant : public Expression {
 public:
  explicit Constant(bool value)
      : Expression(value ? Kind::kAlwaysTrue : Kind::kAlwaysFalse), value_(value) {}
  bool Matches(bson::View, Evaluation*) const override { return value_; }
  bool MatchesValue(bson::Value, Evaluation*) const override { return value_; }

 private:
  bool value_;
};

/// All of `children`, as simple as it can be: the constant true for none, the one child itself,
/// else kAnd with nested kAnd opened.
std::unique_ptr<Expression> AllOf(Children children);

}  // namespace cairn::match
