// SPDX-License-Identifier: Apache-2.0
// Filters: parsed once into a tree of predicates, then asked of many documents.
// Thread safety: a Matcher is immutable, its copies are cheap; Matches may be called from any
// thread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/expression/scope.h"
#include "query/match/expression.h"

namespace cairn::match {

/// A parsed filter.
class Matcher {
 public:
  /// Copies what it needs of both; `globals` are for $expr, and say how strings compare. Errors
  /// with MongoDB's codes (BadValue for an unknown operator, and so on), naming the operator.
  static Result<Matcher> Parse(bson::View filter,
                               const expression::Globals& globals = expression::Globals());

  /// Whether `document` matches; if it does, `*details` says how. Errors: BadValue where the limits
  /// of an operator end ($regex), and those of expressions.
  Result<bool> Matches(bson::View document, MatchDetails* details = nullptr) const {
    Evaluation evaluation{details, Status()};
    const bool matches = root_->Matches(document, &evaluation);
    if (!evaluation.error.ok()) [[unlikely]]
      return std::move(evaluation.error);
    return matches;
  }
  /// True for {}: every document matches.
  bool MatchesAll() const;
  /// The tree, for the planner and for upserts.
  const Expression& root() const { return *root_; }
  /// The filter as it was given.
  bson::View source() const { return source_->view(); }
  /// How its strings compare; null: by their bytes.
  const std::shared_ptr<const collation::Collator>& collator() const { return collator_; }

 private:
  Matcher(std::shared_ptr<const bson::Document> source,
          std::shared_ptr<const collation::Collator> collator,
          std::shared_ptr<const Expression> root)
      : source_(std::move(source)), collator_(std::move(collator)), root_(std::move(root)) {}

  // Copies share all.
  std::shared_ptr<const bson::Document> source_;  ///< Owned apart: the tree points into its bytes.
  std::shared_ptr<const collation::Collator> collator_;  ///< The tree borrows it.
  std::shared_ptr<const Expression> root_;
};

}  // namespace cairn::match
