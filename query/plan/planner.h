// SPDX-License-Identifier: Apache-2.0
// Chooses how to reach the documents of a query. Rules, not costs: point reads by _id, then the
// index that the filter's equalities bind best, then ranges, then a scan of the collection. Thread
// safety: free functions, any thread.
#pragma once

#include <optional>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/catalog/collection.h"
#include "engine/collation/collator.h"
#include "query/match/matcher.h"
#include "query/plan/plan.h"
#include "query/plan/sort_pattern.h"

namespace cairn::plan {

/// What the planner looks at. Borrows everything.
struct Request {
  const catalog::Collection& collection;
  const match::Matcher& filter;
  const SortPattern& sort;
  /// Index name or key pattern; missing or {}: free choice.
  bson::Value hint;
};

/// The plan for a request. Errors: BadValue for a hint that names no index, FailedToParse for a
/// hint that is neither a string nor a document.
Result<Plan> MakePlan(const Request& request);

/// The value of a filter that is nothing but {_id: value}, an equality that names one document
/// whatever the collator; otherwise a missing value. `collator`: of the query; may be null.
bson::Value PointFilter(bson::View filter, const collation::Collator* collator);

}  // namespace cairn::plan
