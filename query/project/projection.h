// SPDX-License-Identifier: Apache-2.0
// Projections: inclusion and exclusion of dotted paths, parts of arrays, and computed fields.
// Thread safety: immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/expression/expression.h"
#include "query/match/matcher.h"
#include "query/path/field_path.h"

namespace cairn::project {

struct Tree;

/// Where a projection stands. Only a find's has $elemMatch, and $slice without an array.
enum class Place : uint8_t { kFind, kPipeline };

/// A parsed projection.
class Projection {
 public:
  /// Errors: Location31253 and Location31254 (inclusion mixed with exclusion), Location31249 and
  /// Location31250 (path collisions), and MongoDB's others.
  static Result<Projection> Parse(bson::View projection,
                                  const expression::Globals& globals = expression::Globals(),
                                  Place place = Place::kFind);

  /// True for {}: documents stay whole.
  bool IsIdentity() const;
  /// Whether Apply wants to know which array element matched the filter: it has a positional `$`.
  bool IsPositional() const;
  /// Whether what is found at `path` is the same in a document and in its projection.
  bool Keeps(const path::FieldPath& path) const;
  /// Whether fields are taken or left out as they are, nothing being computed or cut.
  bool IsPlain() const;
  /// Whether nothing but the named fields is left.
  bool IsInclusion() const;
  /// Adds what is read of a document, to leave it out or not.
  void AddDependencies(expression::Dependencies* dependencies) const;
  /// The path whose value, nothing else, is what is found at `path` in a projection; none: it is
  /// computed in another way, or left out.
  std::optional<path::FieldPath> Origin(const path::FieldPath& path) const;
  /// Appends the projected fields of `document` to `out`: those that are kept in the document's
  /// order, behind them the new ones in the projection's. `details` tells how the document matched.
  /// Errors: those of expressions, Location51246 when no array element matched, BSONObjectTooLarge.
  Status Apply(bson::View document, bson::Builder* out,
               const match::MatchDetails& details = {}) const;

 private:
  explicit Projection(std::shared_ptr<const Tree> tree) : tree_(std::move(tree)) {}
  std::shared_ptr<const Tree> tree_;  // Copies share it.
};

}  // namespace cairn::project
