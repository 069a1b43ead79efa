// SPDX-License-Identifier: Apache-2.0
// Evaluation of $and, $or, $nor and $not. Recursion is bounded by the parser's depth limit.
#include "query/match/logical.h"

namespace cairn::match {

template <typename Ask>
bool Junction::Holds(Evaluation* evaluation, Ask&& ask) const {
  if (kind() == Kind::kAnd) {
    for (const auto& child : children()) {
      if (!ask(*child)) return false;
    }
    return true;
  }
  const WithoutDetails without(evaluation);
  for (const auto& child : children()) {
    if (ask(*child)) return kind() == Kind::kOr;
  }
  return kind() == Kind::kNor;
}

bool Junction::Matches(bson::View document, Evaluation* evaluation) const {
  return Holds(evaluation,
               [&](const Expression& child) { return child.Matches(document, evaluation); });
}

bool Junction::MatchesValue(bson::Value value, Evaluation* evaluation) const {
  return Holds(evaluation,
               [&](const Expression& child) { return child.MatchesValue(value, evaluation); });
}

Not::Not(std::unique_ptr<Expression> child) : Expression(Kind::kNot) {
  children_.push_back(std::move(child));
}

bool Not::Matches(bson::View document, Evaluation* evaluation) const {
  const WithoutDetails without(evaluation);
  return !children()[0]->Matches(document, evaluation);
}

bool Not::MatchesValue(bson::Value value, Evaluation* evaluation) const {
  const WithoutDetails without(evaluation);
  return !children()[0]->MatchesValue(value, evaluation);
}

std::unique_ptr<Expression> AllOf(Children children) {
  if (children.empty()) return std::make_unique<Constant>(true);
  if (children.size() == 1) return std::move(children[0]);
  return std::make_unique<Junction>(Kind::kAnd, std::move(children));
}

}  // namespace cairn::match
