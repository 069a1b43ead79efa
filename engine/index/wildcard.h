// SPDX-License-Identifier: Apache-2.0
// Wildcard indexes: which paths of a document they take, and their values there.
//   - {"$**": 1} takes every path but _id; {"a.$**": 1} those from "a" on; a wildcardProjection
//     takes or leaves out the paths that it names, and all below them;
//   - a path leads through documents and through the documents in arrays, without positions;
//   - an empty document and an array within an array are values; an empty array is undefined.
// Thread safety: immutable after Parse.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::index {

/// What stands for the path in the names of a key's fields.
inline constexpr std::string_view kPathFieldName = "$_path";

/// True for "$**" and for names that end with ".$**".
bool IsWildcardField(std::string_view name);

class WildcardPaths {
 public:
  /// `field` is the wildcard field's name; `projection` the wildcardProjection, or missing. Errors:
  /// FailedToParse for an empty projection or one beside a prefix, Location31249 (paths that
  /// collide), Location31254 (inclusion and exclusion mixed), Location51271 (a value that is
  /// neither number nor bool), Location31250-like BadValue for malformed paths.
  static Result<WildcardPaths> Parse(std::string_view field, bson::Value projection);

  /// Whether the index has keys for `path`, which may lead to any value.
  bool Takes(std::string_view path) const;
  /// Whether the projection leaves `path` out by name, as compound wildcard indexes need.
  bool LeavesOut(std::string_view path) const;

  /// Calls `use` for each path and value. `*arrays` is set when an array was met. Stops at the
  /// first error, which it returns.
  using Use = std::function<Status(std::string_view path, bson::Value value)>;
  Status ForEach(bson::View document, bool* arrays, const Use& use) const;

 private:
  enum class Part { kNone, kSome, kAll };
  // What of `path` and the paths below it is taken.
  Part PartOf(std::string_view path) const;
  Status AddProjection(bson::View projection, const std::string& prefix, int depth);

  std::vector<std::string> paths_;  // Sorted.
  bool includes_ = false;           // paths_ are taken, or left out.
  bool decided_ = false;            // includes_ has been told.
  bool takes_id_ = false;
};

}  // namespace cairn::index
