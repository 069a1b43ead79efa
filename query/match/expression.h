// SPDX-License-Identifier: Apache-2.0
// The tree of a parsed filter: what the planner reads, and what Matcher evaluates.
// Values borrow from the Matcher's copy of the filter. Immutable after parsing; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "query/path/path.h"

namespace cairn::match {

enum class Kind {
  kAnd,
  kOr,
  kNor,
  kNot,
  kEq,
  kGt,
  kGte,
  kLt,
  kLte,
  kIn,
  kExists,
  kType,
  kAlwaysTrue,
  kAlwaysFalse,
};

/// One node. $ne is kNot over kEq, $nin kNot over kIn.
class Expression {
 public:
  explicit Expression(Kind kind) : kind_(kind) {}
  virtual ~Expression() = default;
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  Kind kind() const { return kind_; }
  virtual bool Matches(bson::View document) const = 0;

  /// Of kAnd, kOr, kNor, kNot.
  const std::vector<std::unique_ptr<Expression>>& children() const { return children_; }

 protected:
  std::vector<std::unique_ptr<Expression>> children_;

 private:
  Kind kind_;
};

/// A predicate on one path: true when it holds for one of the values that the path leads to.
class PathExpression : public Expression {
 public:
  PathExpression(Kind kind, path::FieldPath path) : Expression(kind), path_(std::move(path)) {}
  const path::FieldPath& path() const { return path_; }
  /// The predicate on one value (missing included), arrays not opened.
  virtual bool MatchesValue(bson::Value value) const = 0;

 private:
  path::FieldPath path_;
};

/// kEq, kGt, kGte, kLt, kLte.
class Comparison : public PathExpression {
 public:
  Comparison(Kind kind, path::FieldPath path, bson::Value operand);
  bson::Value operand() const { return operand_; }
  bool Matches(bson::View document) const override;
  bool MatchesValue(bson::Value value) const override;

 private:
  bson::Value operand_;
  bool nan_ = false;
  bool quick_ = false;  ///< The operand is the number real_, and not NaN.
  double real_ = 0;
};

/// kIn: the operands in the order of bson::Compare, without duplicates.
class In : public PathExpression {
 public:
  In(path::FieldPath path, std::vector<bson::Value> operands);
  const std::vector<bson::Value>& operands() const { return operands_; }
  bool Matches(bson::View document) const override;
  bool MatchesValue(bson::Value value) const override;

 private:
  std::vector<bson::Value> operands_;
  bool has_null_ = false;
};

}  // namespace cairn::match
