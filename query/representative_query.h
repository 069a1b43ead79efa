// SPDX-License-Identifier: Apache-2.0
// A command that stands for all reads of its shape, as query settings name them. Thread safety:
// values.
#pragma once

#include <string>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/plan/query_shape.h"

namespace cairn {

/// {find | distinct | aggregate: collection, …, $db}. Borrows the command.
struct RepresentativeQuery {
  plan::ShapedRead read;
  bool by_id = false;  ///< A find of one _id, which has no choice of plans.
};

/// Errors: Location7746402 for another command, Location40414 and InvalidNamespace for names that
/// are missing or empty, Location40415 for an unknown field, and those of the parts.
Result<RepresentativeQuery> ReadRepresentative(bson::View command);

}  // namespace cairn
