// SPDX-License-Identifier: Apache-2.0
// From a projection document to the tree of its paths. Free functions; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::project {

/// Paths of one projection.
inline constexpr size_t kProjectionPathsMax = 100'000;

/// A part of one or more paths; without children it is the end of one.
struct Node {
  std::string name;
  std::vector<Node> children;  ///< By name once parsed.
  bool including = false;      ///< Of the root: the named fields are kept, or left out.

  /// The child of that name, or null.
  const Node* Find(std::string_view part) const;
};

/// The tree; _id has been added or left out by its own rules. Errors as of Projection::Parse.
Result<std::unique_ptr<Node>> ParseProjection(bson::View projection);

/// The error for a field of the form {name: …}, where `name` begins with $: NotImplemented for what
/// MongoDB has there, Location31325 for what it has not.
Status OperatorError(std::string_view name);
/// The error for what MongoDB has and Cairn does not.
Status NotSupported(std::string_view what);

}  // namespace cairn::project
