// SPDX-License-Identifier: Apache-2.0
// Updates: parsed once, applied to many documents. Thread safety: immutable after Parse; any
// thread.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/match/matcher.h"

namespace cairn::update {

/// What an update did to a document.
struct Outcome {
  bool modified = false;    ///< False: a no-op, `document` is then the input's bytes.
  bson::Document document;  ///< The new version.
  bson::Document
      diff;  ///< For the commit log: {"u": {path: value…}, "d": [path…]}; {} for a replacement.
};

class ArrayFilters;
class Operator;
struct Node;
struct Place;

/// A whole document made from another: what an update pipeline does.
class Transform {
 public:
  virtual ~Transform() = default;
  virtual Result<bson::Document> Apply(bson::View document) const = 0;
};

/// A parsed update: operators, a replacement, or a transformation.
class Update {
 public:
  /// Operators only: {"$set": {…}, …}. Errors: FailedToParse for an unknown operator or a
  /// replacement, ConflictingUpdateOperators for two operators on one path, EmptyFieldName, and
  /// MongoDB's others. `array_filters`: what $[identifier] in paths stands for. `globals`: whose
  /// collator compares strings.
  static Result<Update> ParseOperators(bson::View update,
                                       std::span<const bson::Document> array_filters = {},
                                       const expression::Globals& globals = expression::Globals());
  /// A whole document. Errors: DollarPrefixedFieldName.
  static Result<Update> ParseReplacement(bson::View replacement);

  /// An update whose new versions `transform` makes, but for their _id, which stays.
  static Update FromTransform(std::unique_ptr<const Transform> transform);

  Update(Update&&) noexcept;
  Update& operator=(Update&&) noexcept;
  ~Update();

  /// Whether a path has the part $, so that Apply needs to know what the filter matched.
  bool NeedsMatchedPosition() const { return needs_matched_position_; }
  /// The new version of `document`. `matched_position`: which element of an array the filter has
  /// matched, -1 for none. Errors: ImmutableField when _id would change, TypeMismatch (a non-number
  /// in $inc), PathNotViable, BSONObjectTooLarge, …
  Result<Outcome> Apply(bson::View document, int64_t matched_position = -1) const;
  /// The document that an upsert inserts: the filter's equalities, then this update with
  /// $setOnInsert. It has an _id in front (a new ObjectId unless given). Error NotSingleValueField
  /// when the filter gives one path two values.
  Result<bson::Document> MakeUpsert(const match::Matcher& filter) const;

 private:
  explicit Update(bson::View source);
  Result<bson::Document> Replace(bson::View document, bson::View replacement) const;
  Result<Outcome> ApplyTree(const Node& root, bson::View document) const;

  std::unique_ptr<const bson::Document> source_;  ///< Owned apart: operators point into its bytes.
  std::shared_ptr<const collation::Collator> collator_;  ///< Operators borrow it.
  std::vector<std::unique_ptr<Operator>> operators_;
  std::vector<Place> places_;   ///< By path, as MongoDB applies them.
  std::unique_ptr<Node> root_;  ///< The places as a tree of path parts; null for a replacement.
  std::unique_ptr<const ArrayFilters> array_filters_;
  std::unique_ptr<const Transform> transform_;  ///< Null unless it is one; root_ is then null.
  bool depends_on_document_ = false;            ///< The tree has to be made anew for each document.
  bool needs_matched_position_ = false;
};

}  // namespace cairn::update
