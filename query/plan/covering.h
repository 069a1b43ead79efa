// SPDX-License-Identifier: Apache-2.0
// Whether the keys of an index have all that a query needs, so that no document is read.
// Thread safety: free functions, any thread.
#pragma once

#include "query/plan/plan.h"
#include "query/plan/planner.h"

namespace cairn::plan {

/// Whether filter, sort and projection are about the index's columns alone, and the columns' values
/// can be told from its keys.
bool Covers(const Request& request, const IndexScan& scan);

}  // namespace cairn::plan
