// SPDX-License-Identifier: Apache-2.0
// The ways to reach the documents of a query. Point reads by _id are taken without a comparison;
// otherwise each index that the filter bounds or that gives the sort makes a candidate, as does
// each $or whose branches all have an index. Which candidate is best is found out by exec, which
// tries them. Thread safety: free functions, any thread.
#pragma once

#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/catalog/collection.h"
#include "engine/collation/collator.h"
#include "query/match/matcher.h"
#include "query/plan/plan.h"
#include "query/plan/sort_pattern.h"

namespace cairn::plan {

inline constexpr size_t kCandidatesMax = 64;

/// What the planner looks at. Borrows everything.
struct Request {
  const catalog::Collection& collection;
  const match::Matcher& filter;
  const SortPattern& sort;
  /// Index name or key pattern; missing or {}: free choice.
  bson::Value hint;
  bson::View projection = {};  ///< As given.
  bson::View min = {};         ///< Bounds of index keys, in the order of the hinted index's fields.
  bson::View max = {};
  bool count = false;     ///< Only the number of matches is wanted.
  bool distinct = false;  ///< Only the distinct values of the projection's field are wanted.
  /// Only these indexes, when not null: a remembered choice.
  const std::vector<uint32_t>* only = nullptr;
  /// Only indexes with these names or key patterns, when not missing: an index filter.
  bson::Value allowed = {};
  const collation::Collator* collator = nullptr;  ///< Of the query.
};

/// At least one plan; several are to be compared. Errors: BadValue for a hint that names no index,
/// FailedToParse for a hint that is neither a string nor a document, NoQueryExecutionPlans when the
/// hinted index cannot serve, Location51173 and others for min and max out of place.
Result<std::vector<Plan>> MakePlans(const Request& request);

/// The value of a filter that is nothing but {_id: value}, an equality that names one document
/// whatever the collator; otherwise a missing value. `collator`: of the query; may be null.
bson::Value PointFilter(bson::View filter, const collation::Collator* collator);

/// One value in a unique index: at most one document has it.
struct UniquePoint {
  const catalog::IndexSpec* index = nullptr;  ///< Null: the filter is nothing like that.
  bson::Value value;
};
/// Of a filter that is nothing but {path: scalar}, strings being compared by their bytes.
UniquePoint UniquePointFilter(bson::View filter, const catalog::Collection& collection);

}  // namespace cairn::plan
