// SPDX-License-Identifier: Apache-2.0
// From predicates to ranges of key bytes. Every function gives a superset: a document that the
// predicate matches has a key inside, whatever arrays and missing fields do.
// Thread safety: free functions, any thread.
#pragma once

#include <cstddef>

#include "engine/key/encoding.h"
#include "query/match/expression.h"
#include "query/plan/plan.h"

namespace cairn::plan {

/// $in lists with more values than this become one range from the first to the last.
inline constexpr size_t kInPointsMax = 10000;

/// What a predicate says about the encoded values of its path.
struct FieldBounds {
  Intervals intervals;     ///< In the order of the index field's direction.
  bool is_point = false;   ///< One interval that holds the encoding of one value.
  bool is_points = false;  ///< Of $eq or $in.
  bool has_lower = false;  ///< Of a range: a bound beyond its type.
  bool has_upper = false;
};

/// False when the predicate gives no bounds.
bool BoundsOf(const match::Expression& predicate, key::Direction direction, FieldBounds* bounds);

/// Only what is in both. Right only where a document has at most one key.
Intervals Intersect(const Intervals& a, const Intervals& b);

/// `intervals` behind the same leading bytes.
Intervals Prepend(std::string_view prefix, const Intervals& intervals);

/// Loosens bounds that are longer than keys, which are cut at `bytes_max` by key::FitKey; keeps
/// them ascending and disjoint.
void FitIntervals(size_t bytes_max, Intervals* intervals);

}  // namespace cairn::plan
