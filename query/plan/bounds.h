// SPDX-License-Identifier: Apache-2.0
// From a predicate on one path to the encoded values that an index on the path may hold for a
// match. Always a superset: a document that the predicate matches has a key inside, whatever arrays
// and missing fields do. Thread safety: free functions, any thread.
#pragma once

#include <cstddef>

#include "engine/collation/collator.h"
#include "query/match/expression.h"
#include "query/plan/interval.h"

namespace cairn::plan {

/// $in lists with more values than this become one interval from the first to the last.
inline constexpr size_t kInPointsMax = 10000;

/// How an index on the predicate's path is, and whose strings are meant.
struct BoundsContext {
  bool multikey = false;  ///< The path leads through an array in some document.
  bool dotted = false;    ///< The path has several components.
  bool sparse = false;    ///< Without keys for documents where the path is missing.
  /// A value may also be in an array that has its key as a whole.
  bool whole_arrays = false;
  const collation::Collator* collator = nullptr;  ///< Of index and query alike.
  bool strings_differ = false;                    ///< Index and query have different collations.
};

struct PredicateBounds {
  Intervals intervals;  ///< Ascending.
  /// The keys inside are exactly those of matches: nothing has to be asked of the document.
  bool exact = false;
};

/// False when the predicate says nothing about the path's values.
bool BoundsOf(const match::Expression& predicate, const BoundsContext& context,
              PredicateBounds* bounds);

/// Whether a sparse index on the predicate's path has a key for every match. `through_array`: an
/// array may be on the way to the path's last field. Then {$ne: null} and $expr may match where no
/// element has the field.
bool NeedsValue(const match::Expression& predicate, bool through_array);

}  // namespace cairn::plan
