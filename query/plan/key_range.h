// SPDX-License-Identifier: Apache-2.0
// min and max of a find: bounds of whole index keys. Thread safety: free functions, any thread.
#pragma once

#include "cairn/status.h"
#include "query/plan/hint.h"
#include "query/plan/index_scan.h"
#include "query/plan/planner.h"

namespace cairn::plan {

/// Errors: Location51173 for min or max without a hint, Location51174 for a hint that does not have
/// their fields.
Status CheckKeyRange(const Request& request, const Hint& hint);

/// Error Location51175 when min does not come before max.
Result<ScanChoice> KeyRangeScan(const Request& request, const catalog::IndexSpec& index);

/// The same for the order of _id: document key suffixes.
key::Range IdKeyRange(const Request& request);

}  // namespace cairn::plan
