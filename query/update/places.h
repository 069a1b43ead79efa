// SPDX-License-Identifier: Apache-2.0
// Where the operators of an update act: their paths as written, and, for one document, the paths
// that positional parts ($, $[], $[identifier]) and $rename come to. Free functions; any thread.
#pragma once

#include <memory>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/update/array_filters.h"
#include "query/update/parser.h"

namespace cairn::update {

/// Paths that positional parts may come to in one document.
inline constexpr size_t kPlacesMax = 500'000;

/// The paths as written; of a $rename both.
Places PlacesAsWritten(const Operators& operators);

/// Whether a path depends on the document.
bool DependsOnDocument(const Operators& operators);

/// Every $[identifier] has a filter, and every filter is used. Errors: BadValue, FailedToParse.
Status CheckFiltersUsed(const Operators& operators, const ArrayFilters& filters);

/// What an update does in one document.
struct Expansion {
  Operators made;  ///< What $rename becomes.
  Places places;
};

/// `matched_position`: which element of an array the filter has matched, -1 for none. Borrows from
/// `document`. Errors: BadValue where a positional part finds no array or no match; PathNotViable
/// and BadValue of $rename; ImmutableField when it would move _id.
Result<Expansion> Expand(const Operators& operators, const ArrayFilters& filters,
                         bson::View document, int64_t matched_position);

}  // namespace cairn::update
