// SPDX-License-Identifier: Apache-2.0
// Projections: inclusion and exclusion of dotted paths. Thread safety: immutable; any thread.
#pragma once

#include <memory>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::project {

struct Node;

/// A parsed projection.
class Projection {
 public:
  /// Errors: Location31253 and Location31254 (inclusion mixed with exclusion), Location31249 and
  /// Location31250 (path collisions), and MongoDB's others.
  static Result<Projection> Parse(bson::View projection);

  Projection(Projection&&) noexcept;
  Projection& operator=(Projection&&) noexcept;
  ~Projection();

  /// True for {}: documents stay whole.
  bool IsIdentity() const;
  /// Appends the projected fields of `document` to `out`, keeping the document's field order.
  void Apply(bson::View document, bson::Builder* out) const;

 private:
  explicit Projection(std::unique_ptr<Node> root);
  std::unique_ptr<Node> root_;
};

}  // namespace cairn::project
