// SPDX-License-Identifier: Apache-2.0
// Which index would help a query that scans its collection. Thread safety: free functions.
#pragma once

#include <vector>

#include "cairn/bson.h"
#include "engine/catalog/collection.h"
#include "query/match/matcher.h"
#include "query/plan/sort_pattern.h"

namespace cairn::plan {

/// Key patterns: equalities first, then the sort, then ranges. One for a conjunction; for an $or
/// one for each branch that has none yet. Empty when no index would help, or when there is such an
/// index and something else keeps it from being used.
std::vector<bson::Document> SuggestIndexes(const catalog::Collection& collection,
                                           const match::Matcher& filter, const SortPattern& sort);

}  // namespace cairn::plan
