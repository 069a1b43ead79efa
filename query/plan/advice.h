// SPDX-License-Identifier: Apache-2.0
// Which index would help a query that scans its collection: fields held to values first, then those
// of the sort, then those held to ranges. Thread safety: free functions, any thread.
#pragma once

#include "cairn/bson.h"
#include "query/match/matcher.h"
#include "query/plan/sort_pattern.h"

namespace cairn::plan {

/// A key pattern; {} when no index would help.
bson::Document SuggestIndex(const match::Matcher& filter, const SortPattern& sort);

}  // namespace cairn::plan
