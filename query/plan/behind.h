// SPDX-License-Identifier: Apache-2.0
// Where an access begins for a query whose matches come behind a place in the order of a sort.
// Thread safety: free functions, any thread.
#pragma once

#include "query/match/behind.h"
#include "query/plan/plan.h"
#include "query/plan/planner.h"

namespace cairn::plan {

/// The values of _id that come behind; all when the order is not by _id first.
Intervals IdsBehind(const match::Behind& behind);

/// Sets the part of each scan of `access`, which gives the query's sort, to what may hold matches.
/// False: it may lead to much else.
bool BeginBehind(const Request& request, const match::Behind& behind, Node* access);

}  // namespace cairn::plan
