// SPDX-License-Identifier: Apache-2.0
#include "query/exec/explain.h"

#include <algorithm>

#include "query/plan/advice.h"
#include "query/plan/index_scan.h"
#include "query/plan/shape.h"

namespace cairn::exec {
namespace {

using plan::Node;
using plan::Plan;
using plan::Stage;

// Explain is read by people.
constexpr size_t kShownIntervalsMax = 100;

// "[1, 5)" as a scan from the end meets it: "(5, 1]".
std::string Backward(const std::string& text) {
  const size_t comma = text.find(", ");
  if (text.size() < 4 || comma == std::string::npos ||
      text.find(", ", comma + 2) != std::string::npos) {
    return text;
  }
  const std::string low = text.substr(1, comma - 1);
  const std::string high = text.substr(comma + 2, text.size() - comma - 3);
  return (text.back() == ']' ? "[" : "(") + high + ", " + low + (text.front() == '[' ? "]" : ")");
}

// Writes the stages of one plan, the topmost first, with what each has done when that is wanted.
class StageWriter {
 public:
  StageWriter(const Execution& execution, const ExplainFrame& frame, const Candidate* candidate,
              bool statistics, bson::Builder* out)
      : execution_(execution),
        frame_(frame),
        candidate_(candidate),
        statistics_(statistics),
        out_(out) {}

  // Into the open document.
  void Write() {
    const Query& query = execution_.query();
    rows_ = execution_.given();
    if (!frame_.top_stage.empty()) {
      Begin(frame_.top_stage, nullptr);
      if (!frame_.type.empty()) out_->AppendString("type", frame_.type);
      if (statistics_ && frame_.top_stage == "COUNT") {
        out_->AppendInt64("nCounted", frame_.top_count);
        out_->AppendInt64("nSkipped", 0);
      }
      if (statistics_ && frame_.top_stage == "DELETE") {
        out_->AppendInt64("nWouldDelete", frame_.top_count);
      }
      if (statistics_ && frame_.top_stage == "UPDATE") {
        out_->AppendInt64("nMatched", frame_.top_count);
        out_->AppendInt64("nWouldModify", frame_.top_count);
        out_->AppendBool("wouldInsert", false);
      }
    }
    if (frame_.fast_count) {
      Begin("RECORD_STORE_FAST_COUNT", nullptr);
    } else {
      if (query.limit != 0 && frame_.top_stage.empty()) {
        Begin("LIMIT", nullptr);
        out_->AppendInt64("limitAmount", static_cast<int64_t>(query.limit));
      }
      if (query.projection.has_value()) WriteProjection();
      if (query.skip != 0) {
        Begin("SKIP", nullptr);
        out_->AppendInt64("skipAmount", static_cast<int64_t>(query.skip));
      }
      WriteAccess();
    }
    for (; open_ > 0; --open_) out_->Close();
  }

 private:
  const Plan& plan() const {
    return candidate_ != nullptr ? candidate_->plan() : execution_.plan();
  }
  const Source* source() const { return candidate_ == nullptr ? nullptr : candidate_->source(); }

  void Begin(std::string_view stage, const Statistics* statistics) {
    if (begun_) {
      out_->OpenDocument("inputStage");
      ++open_;
    }
    begun_ = true;
    out_->AppendString("stage", stage);
    if (!statistics_) return;
    const uint64_t advanced = statistics == nullptr ? rows_ : statistics->advanced;
    const uint64_t works = statistics == nullptr
                               ? rows_ + 1
                               : std::max(statistics->advanced + 1,
                                          statistics->keys_examined + statistics->docs_examined);
    AppendCount("nReturned", advanced);
    AppendCount("executionTimeMillisEstimate", 0);
    AppendCount("works", works);
    AppendCount("advanced", advanced);
    AppendCount("needTime", works - advanced > 0 ? works - advanced - 1 : 0);
    AppendCount("needYield", 0);
    AppendCount("isEOF", statistics == nullptr || statistics->ended ? 1 : 0);
  }

  void AppendCount(std::string_view name, uint64_t count) {
    if (count <= INT32_MAX) {
      out_->AppendInt32(name, static_cast<int32_t>(count));
    } else {
      out_->AppendInt64(name, static_cast<int64_t>(count));
    }
  }

  void WriteProjection() {
    const Query& query = execution_.query();
    bool simple = true;
    for (const bson::Element& field : query.projection_source.view()) {
      const bool flag = field.value.type() == bson::Type::kBool || field.value.IsNumber();
      simple &= flag && field.name.find('.') == std::string_view::npos;
    }
    Begin(plan().reading == plan::Reading::kKeys ? "PROJECTION_COVERED"
          : simple                               ? "PROJECTION_SIMPLE"
                                                 : "PROJECTION_DEFAULT",
          nullptr);
    out_->AppendDocument("transformBy", query.projection_source);
  }

  void WriteAccess() {
    const Query& query = execution_.query();
    const Source* at = source();
    if (plan().needs_sort) {
      Begin("SORT", at == nullptr ? nullptr : &at->statistics());
      out_->AppendDocument("sortPattern", query.sort_source);
      out_->AppendInt64("memLimit", static_cast<int64_t>(kOperatorBytesMax));
      if (query.limit != 0) {
        out_->AppendInt64("limitAmount", static_cast<int64_t>(query.limit + query.skip));
      }
      out_->AppendString("type", plan().reading == plan::Reading::kKeys ? "default" : "simple");
      if (statistics_) AppendCount("totalDataSizeSorted", 0);
      if (at != nullptr) at = at->source();
    }
    const Node& access = plan().access;
    switch (access.stage) {
      case Stage::kNothing:
        Begin("EOF", nullptr);
        return;
      case Stage::kCollectionScan:
        WriteScan(access, at);
        return;
      case Stage::kIdPoints:
        WriteIdPoints(access, at);
        return;
      case Stage::kIndexScan:
      case Stage::kOr:
      case Stage::kSortMerge:
        WriteEntries(access, at);
        return;
    }
  }

  const Statistics* StatisticsOf(const Source* source) const {
    while (source != nullptr && source->source() != nullptr) source = source->source();
    return source == nullptr ? nullptr : &source->statistics();
  }

  void WriteFilter() {
    if (!execution_.filter().MatchesAll()) {
      out_->AppendDocument("filter", execution_.filter().source());
    }
  }

  void WriteScan(const Node& access, const Source* source) {
    const Statistics* statistics = StatisticsOf(source);
    const bool by_id = !access.id_bounds.empty() || plan().ordered_by_id;
    if (!by_id) {
      Begin("COLLSCAN", statistics);
      WriteFilter();
      out_->AppendString("direction", access.reverse ? "backward" : "forward");
      if (statistics_ && statistics != nullptr) {
        AppendCount("docsExamined", statistics->docs_examined);
      }
      return;
    }
    Begin("FETCH", statistics);
    WriteFilter();
    if (statistics_ && statistics != nullptr) {
      AppendCount("docsExamined", statistics->docs_examined);
    }
    Begin("IXSCAN", statistics);
    WriteIdIndex(access.reverse);
    out_->OpenDocument("indexBounds");
    WriteIntervals("_id", access.id_bounds.empty() ? plan::AllValues() : access.id_bounds,
                   key::Direction::kAscending, access.reverse);
    out_->Close();
    if (statistics_ && statistics != nullptr) {
      AppendCount("keysExamined", statistics->docs_examined);
    }
  }

  void WriteIdIndex(bool reverse) {
    out_->OpenDocument("keyPattern").AppendInt32("_id", 1).Close();
    out_->AppendString("indexName", "_id_");
    out_->AppendBool("isMultiKey", false);
    out_->AppendBool("isUnique", true);
    out_->AppendBool("isSparse", false);
    out_->AppendBool("isPartial", false);
    out_->AppendString("direction", reverse ? "backward" : "forward");
  }

  void WriteIdPoints(const Node& access, const Source* source) {
    const Statistics* statistics = StatisticsOf(source);
    if (access.points.size() == 1) {
      Begin("EXPRESS_IXSCAN", statistics);
      WriteFilter();
      out_->AppendString("keyPattern", "{ _id: 1 }");
      out_->AppendString("indexName", "_id_");
    } else {
      Begin("FETCH", statistics);
      WriteFilter();
      Begin("IXSCAN", statistics);
      WriteIdIndex(access.reverse);
      out_->AppendInt32("points", static_cast<int32_t>(access.points.size()));
    }
    if (statistics_ && statistics != nullptr) {
      AppendCount("keysExamined", statistics->keys_examined);
      AppendCount("docsExamined", statistics->docs_examined);
    }
  }

  void WriteEntries(const Node& access, const Source* source) {
    const Statistics* statistics = source == nullptr ? nullptr : &source->statistics();
    if (plan().reading == plan::Reading::kDocuments) {
      Begin("FETCH", statistics);
      if (!plan().exact) WriteFilter();
      if (statistics_ && statistics != nullptr) {
        AppendCount("docsExamined", statistics->docs_examined);
        AppendCount("alreadyHasObj", 0);
      }
    }
    const EntrySource* entries = source == nullptr ? nullptr : source->entries();
    Begin(EntryStage(access), entries == nullptr ? nullptr : &entries->statistics());
    WriteNode(access, entries, 0);
  }

  std::string_view EntryStage(const Node& node) const {
    if (node.stage == Stage::kIndexScan && plan().reading == plan::Reading::kCount) {
      return "COUNT_SCAN";
    }
    if (node.stage == Stage::kIndexScan && !frame_.distinct.empty() && execution_.skips_values()) {
      return "DISTINCT_SCAN";
    }
    if (node.stage == Stage::kIdPoints || node.stage == Stage::kCollectionScan) return "IXSCAN";
    return plan::StageName(node.stage);
  }

  // The fields of a node whose stage has been written.
  void WriteNode(const Node& node, const EntrySource* entries, int depth) {
    if (node.stage == Stage::kIndexScan) {
      WriteIndexScan(node.scan, entries);
      return;
    }
    if (node.stage == Stage::kIdPoints || node.stage == Stage::kCollectionScan) {
      WriteIdIndex(node.reverse);
      if (statistics_ && entries != nullptr) {
        AppendCount("keysExamined", entries->statistics().keys_examined);
      }
      return;
    }
    if (node.stage == Stage::kSortMerge) {
      out_->AppendDocument("sortPattern", execution_.query().sort_source);
    }
    out_->OpenArray("inputStages");
    for (size_t i = 0; i < node.children.size(); ++i) {
      const EntrySource* input = entries == nullptr ? nullptr : entries->input(i);
      out_->OpenDocument(out_->NextIndex());
      begun_ = false;
      Begin(EntryStage(node.children[i]), input == nullptr ? nullptr : &input->statistics());
      WriteNode(node.children[i], input, depth + 1);
      out_->Close();
    }
    out_->Close();
  }

  void WriteIndexScan(const plan::IndexScan& scan, const EntrySource* entries) {
    out_->AppendDocument("keyPattern", scan.key_pattern);
    out_->AppendString("indexName", scan.index_name);
    out_->AppendBool("isMultiKey", scan.multikey);
    out_->OpenDocument("multiKeyPaths");
    for (int column = 0; column < scan.columns; ++column) {
      const std::string_view name = plan::ColumnName(scan, column);
      out_->OpenArray(name);
      for (const std::string& path : scan.multikey_paths) {
        if (name.starts_with(path) && (name.size() == path.size() || name[path.size()] == '.')) {
          out_->AppendString(out_->NextIndex(), path);
        }
      }
      out_->Close();
    }
    out_->Close();
    out_->AppendBool("isUnique", scan.unique);
    out_->AppendBool("isSparse", scan.sparse);
    out_->AppendBool("isPartial", scan.partial);
    out_->AppendInt32("indexVersion", 2);
    out_->AppendString("direction", scan.reverse ? "backward" : "forward");
    out_->OpenDocument("indexBounds");
    for (int column = 0; column < scan.columns; ++column) {
      WriteIntervals(plan::ColumnName(scan, column), scan.bounds[static_cast<size_t>(column)],
                     plan::ColumnDirection(scan, column), scan.reverse);
    }
    out_->Close();
    if (!statistics_ || entries == nullptr) return;
    const Statistics& statistics = entries->statistics();
    AppendCount("keysExamined", statistics.keys_examined);
    AppendCount("seeks", statistics.seeks);
    AppendCount("dupsTested", statistics.duplicates);
    AppendCount("dupsDropped", statistics.duplicates);
  }

  void WriteIntervals(std::string_view name, const plan::Intervals& intervals,
                      key::Direction direction, bool reverse) {
    out_->OpenArray(name);
    size_t shown = 0;
    for (const plan::Interval& interval : intervals) {
      if (++shown > kShownIntervalsMax) {
        out_->AppendString(out_->NextIndex(), "...");
        break;
      }
      const std::string text = plan::ShowInterval(interval, direction);
      out_->AppendString(out_->NextIndex(), reverse ? Backward(text) : text);
    }
    out_->Close();
  }

  const Execution& execution_;
  const ExplainFrame frame_;
  const Candidate* const candidate_;
  const bool statistics_;
  bson::Builder* const out_;
  bool begun_ = false;
  int open_ = 0;
  uint64_t rows_ = 0;
};

void AppendNumber(std::string_view name, uint64_t number, bson::Builder* out) {
  if (number <= INT32_MAX) {
    out->AppendInt32(name, static_cast<int32_t>(number));
  } else {
    out->AppendInt64(name, static_cast<int64_t>(number));
  }
}

}  // namespace

bson::Document DescribePlan(const Execution& execution) {
  bson::Builder out;
  StageWriter(execution, {}, execution.active(), false, &out).Write();
  return out.Finish();
}

void AppendQueryPlanner(const Execution& execution, const ExplainFrame& frame, bson::Builder* out) {
  const Query& query = execution.query();
  out->OpenDocument("queryPlanner");
  out->AppendString("namespace", frame.ns);
  out->AppendDocument("parsedQuery", execution.filter().source());
  out->AppendBool("indexFilterSet", execution.filtered());
  const std::string hash = plan::HashText(plan::ShapeOf(
      execution.filter().source(), query.sort_source, query.projection_source, bson::View()));
  out->AppendString("queryHash", hash);
  out->AppendString("planCacheShapeHash", hash);
  out->AppendString("planCacheKey", plan::HashText(hash + std::string(frame.ns)));
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
  const Node& access = execution.plan().access;
  if (access.stage == Stage::kCollectionScan && access.id_bounds.empty() && !frame.fast_count) {
    const bson::Document suggested = plan::SuggestIndex(execution.filter(), query.sort);
    if (!suggested.empty()) out->AppendDocument("suggestedIndex", suggested);
  }
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
      AppendNumber("totalKeysExamined", candidate->keys_examined(), out);
      AppendNumber("totalDocsExamined", candidate->docs_examined(), out);
      out->AppendDouble("score", candidate->Score());
      out->OpenDocument("executionStages");
      StageWriter(execution, frame, candidate.get(), true, out).Write();
      out->Close();
      out->Close();
    }
    out->Close();
  }
  out->Close();
}

}  // namespace cairn::exec
