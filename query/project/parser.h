// SPDX-License-Identifier: Apache-2.0
// From a projection document to the tree of its paths. Free functions; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/expression/expression.h"
#include "query/match/matcher.h"
#include "query/path/field_path.h"
#include "query/project/projection.h"

namespace cairn::project {

/// Paths of one projection.
inline constexpr size_t kProjectionPathsMax = 100'000;

/// $slice: elements from `skip` on, which counts from the end when negative.
struct ArraySlice {
  int64_t skip = 0;
  int64_t count = 0;
};

/// What becomes of the field at the end of a path. At most one is set; none: kept or left out.
struct Action {
  std::optional<ArraySlice> slice;
  expression::ExpressionPtr computed;
  std::unique_ptr<match::Matcher> elem_match;
  bool is_metadata = false;  ///< What is computed is $meta, which no kind of projection forbids.

  bool IsPlain() const { return !slice && computed == nullptr && elem_match == nullptr; }
  /// The value is made anew, and stands behind the fields that were kept.
  bool IsMade() const { return computed != nullptr || elem_match != nullptr; }
};

/// A part of one or more paths; without children it is the end of one.
struct Node {
  std::string name;
  std::vector<Node> children;  ///< By name once parsed.
  Action action;               ///< Of the end of a path.
  size_t order = 0;            ///< Of the first path through here in the projection.
  bool makes = false;          ///< Here or below a value is made.

  /// The node that the path from here leads to, or the end of a path that it begins with; null when
  /// it leads elsewhere.
  const Node* FindAlong(const path::FieldPath& path) const;
  /// The path before, when the value found at `path` behind is nothing but a top-level field by
  /// another name: {b: "$a"} makes "b.c" of "a.c".
  std::optional<path::FieldPath> Renamed(const path::FieldPath& path) const;
  /// Adds what the values that are made here and below read; `prefix`: the path to here, and a dot.
  void AddDependencies(const std::string& prefix, expression::Dependencies* dependencies) const;
  /// The child of that name, or null.
  const Node* Find(std::string_view part) const;
};

/// A parsed projection.
struct Tree {
  Node root;
  bool including = false;                               ///< The named fields are kept, or left out.
  std::optional<path::FieldPath> positional;            ///< The path before `.$`.
  std::shared_ptr<const collation::Collator> collator;  ///< Of the computed fields.
};

/// The tree; _id has been added or left out by its own rules. Errors as of Projection::Parse.
Result<std::unique_ptr<Tree>> ParseProjection(bson::View projection,
                                              const expression::Globals& globals, Place place);

/// `{name: operand}` as the value of the field at `path`, where `name` begins with $. Errors:
/// Location31325 for what is no operator, and those of each.
Result<Action> ParseOperator(const path::FieldPath& path, bson::Value value,
                             const expression::Globals& globals, Place place);

}  // namespace cairn::project
