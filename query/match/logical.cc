// SPDX-License-Identifier: Apache-2.0
// Evaluation of $and, $or, $nor and $not. Recursion is bounded by the parser's depth limit.
#include "query/match/logical.h"

namespace cairn::match {

bool Junction::Matches(bson::View document) const {
  const bool stops_on = kind() != Kind::kAnd;
  for (const auto& child : children()) {
    if (child->Matches(document) == stops_on) return kind() == Kind::kOr;
  }
  return kind() != Kind::kOr;
}

Not::Not(std::unique_ptr<Expression> child) : Expression(Kind::kNot) {
  children_.push_back(std::move(child));
}

bool Not::Matches(bson::View document) const { return !children()[0]->Matches(document); }

std::unique_ptr<Expression> AllOf(Children children) {
  if (children.empty()) return std::make_unique<Constant>(true);
  if (children.size() == 1) return std::move(children[0]);
  return std::make_unique<Junction>(Kind::kAnd, std::move(children));
}

}  // namespace cairn::match
