// SPDX-License-Identifier: Apache-2.0
// The tree of a parsed filter: what the planner reads, and what Matcher evaluates.
// Values borrow from the Matcher's copy of the filter. Immutable after parsing; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/bson.h"
#include "engine/collation/collator.h"
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
  kInPatterns,
  kExists,
  kType,
  kRegex,
  kMod,
  kBits,
  kSize,
  kElemMatch,
  kExpr,
  kSchema,
  kBehind,
  kAlwaysTrue,
  kAlwaysFalse,
  kExprComparison,  ///< For the planner only: see ExprComparison.
};

/// What a match can tell besides yes.
struct MatchDetails {
  /// The element that positional `$` stands for: the position, in the first array on the path, of
  /// the element that satisfied the filter. Of several conditions on arrays the last one counts;
  /// those below $or, $nor and $not do not.
  std::optional<size_t> array_index;
};

/// One evaluation of a tree on one document.
struct Evaluation {
  MatchDetails* details = nullptr;  ///< Null: nobody asks.
  /// The first error, such as a limit of $regex. The answer then means nothing.
  Status error;

  /// Keeps the first one. Returns false, as there is no match.
  bool Fail(Status status) {
    if (error.ok()) error = std::move(status);
    return false;
  }
};

/// While it lives, positions are not noted: those below $or, $nor and $not, and those inside an
/// element, are not those of the match.
class WithoutDetails {
 public:
  explicit WithoutDetails(Evaluation* evaluation)
      : evaluation_(evaluation), details_(std::exchange(evaluation->details, nullptr)) {}
  ~WithoutDetails() { evaluation_->details = details_; }
  WithoutDetails(const WithoutDetails&) = delete;
  WithoutDetails& operator=(const WithoutDetails&) = delete;
  /// Where positions were noted before.
  MatchDetails* details() const { return details_; }

 private:
  Evaluation* const evaluation_;
  MatchDetails* const details_;
};

/// One node. $ne is kNot over kEq, $nin kNot over kIn.
class Expression {
 public:
  explicit Expression(Kind kind) : kind_(kind) {}
  virtual ~Expression() = default;
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  Kind kind() const { return kind_; }
  /// After an error in `evaluation` the answer means nothing.
  virtual bool Matches(bson::View document, Evaluation* evaluation) const = 0;
  /// The predicate on one value (missing included), apart from any path and without opening
  /// arrays: as $elemMatch asks it of an element.
  virtual bool MatchesValue(bson::Value value, Evaluation* evaluation) const = 0;

  /// Of kAnd, kOr, kNor, kNot, kElemMatch.
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

 protected:
  /// Whether `predicate(value)` holds for a value that the path leads to; notes where it did.
  template <typename Predicate>
  bool AnyValue(bson::View document, bool leaf_array, Evaluation* evaluation,
                Predicate&& predicate) const {
    return path::ForEachValue(document, path_, leaf_array,
                              [&](bson::Value value, int64_t position) {
                                if (!predicate(value)) return false;
                                if (evaluation->details != nullptr) {
                                  NotePosition(position, evaluation->details);
                                }
                                return true;
                              });
  }

 private:
  static void NotePosition(int64_t position, MatchDetails* details) {
    if (position != path::kNoPosition) details->array_index = static_cast<size_t>(position);
  }

  path::FieldPath path_;
};

/// kEq, kGt, kGte, kLt, kLte. `collator`: of strings; null: by their bytes. Lives as long as the
/// Matcher.
class Comparison : public PathExpression {
 public:
  Comparison(Kind kind, path::FieldPath path, bson::Value operand,
             const collation::Collator* collator);
  bson::Value operand() const { return operand_; }
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  bson::Value operand_;
  const collation::Collator* collator_;
  bool nan_ = false;
  bool quick_ = false;  ///< The operand is the number real_, and not NaN.
  double real_ = 0;
};

/// kIn: the operands in the order of collation::CompareValues, without duplicates. `collator` as of
/// Comparison.
class In : public PathExpression {
 public:
  In(path::FieldPath path, std::vector<bson::Value> operands, const collation::Collator* collator);
  const std::vector<bson::Value>& operands() const { return operands_; }
  bool Matches(bson::View document, Evaluation* evaluation) const override;
  bool MatchesValue(bson::Value value, Evaluation* evaluation) const override;

 private:
  std::vector<bson::Value> operands_;
  const collation::Collator* collator_;
  bool has_null_ = false;
};

}  // namespace cairn::match
