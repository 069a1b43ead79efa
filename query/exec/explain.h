// SPDX-License-Identifier: Apache-2.0
// What explain says of an Execution, in MongoDB's form. Thread safety: as Execution.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "query/exec/execution.h"

namespace cairn::exec {

/// What stands around the query: a stage on top of its plan.
struct ExplainFrame {
  std::string_view ns;
  std::string_view top_stage;      ///< "COUNT", "UPDATE", "DELETE", "DISTINCT"; empty: a find.
  std::string_view type;           ///< Of "DELETE".
  std::string_view distinct = {};  ///< The path of a distinct.
  bool fast_count = false;         ///< The count is known without a plan.
  int64_t top_count = 0;           ///< What the stage on top has done: counted, matched.
};

/// The stages of the plan that is run.
bson::Document DescribePlan(const Execution& execution);
/// Appends queryPlanner.
void AppendQueryPlanner(const Execution& execution, const ExplainFrame& frame, bson::Builder* out);
/// Appends executionStats, after the execution has ended. `all_plans`: with the plans that were not
/// chosen.
void AppendExecutionStats(const Execution& execution, const ExplainFrame& frame, int64_t time_ms,
                          bool all_plans, bson::Builder* out);

}  // namespace cairn::exec
