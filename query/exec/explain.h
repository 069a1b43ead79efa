// SPDX-License-Identifier: Apache-2.0
// What explain says of an Execution, in MongoDB's form. Thread safety: as Execution.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "query/exec/execution.h"
#include "query/exec/stage_writer.h"

namespace cairn::exec {

/// The stages of a candidate's plan; null: of a collection that is not there.
bson::Document DescribePlan(const Execution& execution, const Candidate* candidate);
/// Appends what a candidate did in its trial.
void AppendTrial(const Execution& execution, const Candidate& candidate, const ExplainFrame& frame,
                 bson::Builder* out);
/// Appends queryPlanner.
void AppendQueryPlanner(const Execution& execution, const ExplainFrame& frame, bson::Builder* out);
/// Appends executionStats, after the execution has ended. `all_plans`: with the plans that were not
/// chosen.
void AppendExecutionStats(const Execution& execution, const ExplainFrame& frame, int64_t time_ms,
                          bool all_plans, bson::Builder* out);

}  // namespace cairn::exec
