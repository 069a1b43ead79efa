// SPDX-License-Identifier: Apache-2.0
// $size and $elemMatch: predicates on an array as a whole. $all is a conjunction of others.
// Immutable once built; any thread.
#pragma once

#include <memory>

#include "query/match/logical.h"

namespace cairn::match {

/// kSize: an array of so many elements.
class Size : public PathExpression {
 public:
  Size(path::FieldPath path, int64_t size)
      : PathExpression(Kind::kSize, std::move(path)), size_(size) {}
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  int64_t size_;
};

/// kElemMatch: an array with an element that satisfies the whole condition, which is a filter on
/// elements that are documents or arrays, or a predicate on the elements themselves.
class ElemMatch : public PathExpression {
 public:
  enum class Form { kFilter, kValue };
  ElemMatch(path::FieldPath path, Form form, std::unique_ptr<Expression> condition)
      : PathExpression(Kind::kElemMatch, std::move(path)), form_(form) {
    children_.push_back(std::move(condition));
  }
  Form form() const { return form_; }
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  bool Holds(bson::Value element, Evaluation* evaluation) const;
  Form form_;
};

}  // namespace cairn::match
