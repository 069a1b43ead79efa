// SPDX-License-Identifier: Apache-2.0
// $addFields: computed fields added to whole documents. Thread safety: immutable; any thread.
#pragma once

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/project/parser.h"

namespace cairn::project {

class AddedFields {
 public:
  /// {path: expression…}, nested documents being paths as well. Errors: Location40176
  /// for a path within another, Location40183 for a dot in a nested name, Location40181 for two
  /// operators in one document, those of paths and of expressions.
  static Result<AddedFields> Parse(bson::View fields,
                                   const expression::Globals& globals = expression::Globals());

  /// Whether what is found at `path` is the same in a document before and after.
  bool Keeps(const path::FieldPath& path) const { return root_.FindAlong(path) == nullptr; }
  /// As of Projection.
  std::optional<path::FieldPath> Origin(const path::FieldPath& path) const {
    if (Keeps(path)) return path;
    return root_.Renamed(path);
  }
  /// Whether all below the top-level field `name` is computed.
  bool Makes(std::string_view name) const {
    const Node* const node = root_.Find(name);
    return node != nullptr && node->children.empty();
  }
  void AddDependencies(expression::Dependencies* dependencies) const {
    root_.AddDependencies("", dependencies);
  }
  /// Appends the fields of `document`, with the computed ones where they stand, or behind. Errors:
  /// those of expressions, BSONObjectTooLarge.
  Status Apply(bson::View document, bson::Builder* out) const;

 private:
  Node root_;
  std::shared_ptr<const collation::Collator> collator_;
};

}  // namespace cairn::project
