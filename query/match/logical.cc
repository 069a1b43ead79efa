// SPDX-License-Identifier: Apache-2.0
// Evaluation of $and, $or, $nor and $not. Recursion is bounded by the parser's depth limit.
#include "query/match/logical.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/deadline.h"

namespace cairn::match {

namespace {

// MongoDB sorts the conditions of $and before it looks at documents; the last one decides what
// positional `$` stands for.
int NotingRank(Kind kind) {
  static constexpr Kind kOrder[] = {
      Kind::kAnd, Kind::kOr,         Kind::kElemMatch, Kind::kSize,  Kind::kEq,  Kind::kLte,
      Kind::kLt,  Kind::kGt,         Kind::kGte,       Kind::kRegex, Kind::kMod, Kind::kExists,
      Kind::kIn,  Kind::kInPatterns, Kind::kBits,      Kind::kNot,   Kind::kNor, Kind::kType,
  };
  const auto* const at = std::ranges::find(kOrder, kind);
  return static_cast<int>(at - std::begin(kOrder));
}

const std::string& PathOf(const Expression& expression) {
  static const std::string kNone;
  const auto* const on_path = dynamic_cast<const PathExpression*>(&expression);
  return on_path != nullptr ? on_path->path().dotted() : kNone;
}

bool NotesBefore(const Expression* a, const Expression* b) {
  const int rank_a = NotingRank(a->kind());
  const int rank_b = NotingRank(b->kind());
  return rank_a != rank_b ? rank_a < rank_b : PathOf(*a) < PathOf(*b);
}

}  // namespace

Junction::Junction(Kind kind, Children children) : Expression(kind) {
  children_ = std::move(children);
  if (kind != Kind::kAnd) return;
  for (const auto& child : children_) noting_.push_back(child.get());
  std::ranges::stable_sort(noting_, NotesBefore);
}

template <typename Ask>
bool Junction::Holds(Evaluation* evaluation, Ask&& ask) const {
  if (kind() == Kind::kAnd && evaluation->details != nullptr) {
    return std::ranges::all_of(noting_, [&ask](const Expression* child) { return ask(*child); });
  }
  // One child may look at all of a large document.
  base::Pace<4> pace;
  const auto is_late = [&pace, evaluation] {
    Status status = pace.Step();
    if (status.ok()) return false;
    evaluation->Fail(std::move(status));
    return true;
  };
  if (kind() == Kind::kAnd) {
    for (const auto& child : children()) {
      if (!ask(*child) || is_late()) return false;
    }
    return true;
  }
  const WithoutDetails without(evaluation);
  for (const auto& child : children()) {
    if (ask(*child)) return kind() == Kind::kOr;
    if (is_late()) return false;
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
