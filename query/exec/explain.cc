// SPDX-License-Identifier: Apache-2.0
#include "query/exec/explain.h"

#include <algorithm>

#include "query/plan/advice.h"
#include "query/plan/shape.h"

namespace cairn::exec {
namespace {

using plan::Stage;

void AppendNumber(std::string_view name, uint64_t number, bson::Builder* out) {
  if (number <= INT32_MAX) {
    out->AppendInt32(name, static_cast<int32_t>(number));
  } else {
    out->AppendInt64(name, static_cast<int64_t>(number));
  }
}

// Of a query that scans its collection: the index that would help, or those for an $or.
void AppendAdvice(const Execution& execution, bson::Builder* out) {
  const plan::Node& access = execution.plan().access;
  if (access.stage != Stage::kCollectionScan || !access.id_bounds.empty()) return;
  const std::vector<bson::Document> patterns =
      plan::SuggestIndexes(*execution.collection(), execution.filter(), execution.query().sort);
  if (patterns.size() == 1) out->AppendDocument("suggestedIndex", patterns[0]);
  if (patterns.size() < 2) return;
  out->OpenArray("suggestedIndexes");
  for (const bson::Document& pattern : patterns) {
    out->AppendDocument(out->NextIndex(), pattern);
  }
  out->Close();
}

}  // namespace

bson::Document DescribePlan(const Execution& execution, const Candidate* candidate) {
  bson::Builder out;
  StageWriter(execution, ExplainFrame(), candidate, false, &out).Write();
  return out.Finish();
}

void AppendTrial(const Execution& execution, const Candidate& candidate, const ExplainFrame& frame,
                 bson::Builder* out) {
  AppendNumber("nReturned", candidate.found(), out);
  const Source* const source = candidate.source();
  AppendNumber("executionTimeMillisEstimate",
               source == nullptr ? 0 : static_cast<uint64_t>(source->statistics().time_us / 1000),
               out);
  AppendNumber("totalKeysExamined", candidate.keys_examined(), out);
  AppendNumber("totalDocsExamined", candidate.docs_examined(), out);
  out->AppendDouble("score", candidate.Score());
  out->OpenDocument("executionStages");
  StageWriter(execution, frame, &candidate, true, out).Write();
  out->Close();
}

void AppendQueryPlanner(const Execution& execution, const ExplainFrame& frame, bson::Builder* out) {
  const Query& query = execution.query();
  out->OpenDocument("queryPlanner");
  out->AppendString("namespace", frame.ns);
  out->AppendDocument("parsedQuery", execution.filter().source());
  out->AppendBool("indexFilterSet", execution.filtered());
  if (!query.settings.empty()) out->AppendDocument("querySettings", query.settings);
  const std::string hash =
      plan::HashText(plan::ShapeOf(execution.filter().source(), query.sort_source,
                                   query.projection_source, execution.Collation()));
  out->AppendString("queryHash", hash);
  out->AppendString("planCacheShapeHash", hash);
  if (execution.collection() != nullptr) {
    out->AppendString("planCacheKey", plan::CacheKeyText(hash, *execution.collection()));
  }
  out->AppendInt32("optimizationTimeMillis", 0);
  out->AppendBool("maxIndexedOrSolutionsReached", false);
  out->AppendBool("maxIndexedAndSolutionsReached", false);
  out->AppendBool("maxScansToExplodeReached", false);
  out->AppendBool("prunedSimilarIndexes", false);
  out->OpenDocument("winningPlan");
  out->AppendBool("isCached", execution.from_cache());
  StageWriter(execution, frame, execution.active(), false, out).Write();
  out->Close();
  out->OpenArray("rejectedPlans");
  for (const std::unique_ptr<Candidate>& candidate : execution.rejected()) {
    out->OpenDocument(out->NextIndex());
    out->AppendBool("isCached", false);
    StageWriter(execution, frame, candidate.get(), false, out).Write();
    out->Close();
  }
  out->Close();
  if (!frame.fast_count) AppendAdvice(execution, out);
  out->Close();
}

void AppendExecutionStats(const Execution& execution, const ExplainFrame& frame, int64_t time_ms,
                          bool all_plans, bson::Builder* out) {
  const Candidate* active = execution.active();
  const bool counted =
      frame.top_stage == "COUNT" || frame.top_stage == "UPDATE" || frame.top_stage == "DELETE";
  out->OpenDocument("executionStats");
  out->AppendBool("executionSuccess", true);
  AppendNumber("nReturned", counted ? 0 : execution.given(), out);
  AppendNumber("executionTimeMillis", static_cast<uint64_t>(time_ms), out);
  AppendNumber("totalKeysExamined",
               active == nullptr || frame.fast_count ? 0 : active->keys_examined(), out);
  AppendNumber("totalDocsExamined",
               active == nullptr || frame.fast_count ? 0 : active->docs_examined(), out);
  out->OpenDocument("executionStages");
  out->AppendBool("isCached", execution.from_cache());
  StageWriter(execution, frame, active, true, out).Write();
  out->Close();
  if (all_plans) {
    out->OpenArray("allPlansExecution");
    for (const std::unique_ptr<Candidate>& candidate : execution.rejected()) {
      out->OpenDocument(out->NextIndex());
      AppendTrial(execution, *candidate, frame, out);
      out->Close();
    }
    out->Close();
  }
  out->Close();
}

}  // namespace cairn::exec
