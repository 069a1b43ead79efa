// SPDX-License-Identifier: Apache-2.0
// From an update document to operators, and from operators to the tree of their paths.
// Free functions; any thread.
#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/update/operator.h"

namespace cairn::update {

/// Paths of one update.
inline constexpr size_t kUpdatePathsMax = 100'000;

using Operators = std::vector<std::unique_ptr<Operator>>;

/// Where one operator acts.
struct Place {
  path::FieldPath path;
  const Operator* op;
};
using Places = std::vector<Place>;

/// A part of one or more operators' paths. Inner nodes have children, leaves an operator.
struct Node {
  std::string_view name;  ///< Borrowed from a path.
  int64_t index = -1;     ///< The name as an array position, or -1.
  const Operator* op = nullptr;
  const path::FieldPath* path = nullptr;  ///< Of a leaf: the whole path.
  std::vector<Node> children;             ///< Positions first, ascending; then names, ascending.
  /// Whether something below makes fields where there are none; [1]: in an upsert's insert.
  std::array<bool, 2> creates{};
  /// Whether something below minds when it could not be made.
  std::array<bool, 2> needs_viable_path{};

  bool Creates(bool inserting) const { return creates[inserting ? 1 : 0]; }
  bool NeedsViablePath(bool inserting) const { return needs_viable_path[inserting ? 1 : 0]; }
  /// The child of that name, or null.
  const Node* Find(std::string_view part) const;
};

/// The operators of {"$set": {…}, …} in no particular order. Values borrow from `update`.
Result<Operators> ParseOperators(bson::View update, const expression::Globals& globals);

/// A path that an update may write to. `operator_name` may be empty (an upsert's equality, which
/// has no positional parts). Errors: EmptyFieldName, DollarPrefixedFieldName, BadValue.
Result<path::FieldPath> ParsePath(std::string_view dotted, std::string_view operator_name);

/// Whether a part of the path is $, $[] or $[identifier].
bool HasPositional(const path::FieldPath& path);

/// Sorts `places` by path and makes their tree, which borrows from them. Error `on_conflict` when a
/// path is there twice or within another.
Result<std::unique_ptr<Node>> MakeTree(Places* places, ErrorCode on_conflict);

}  // namespace cairn::update
