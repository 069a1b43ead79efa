// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/cursor_stage.h"

#include "engine/base/try.h"
#include "query/exec/explain.h"
#include "query/pipeline/limit.h"
#include "query/pipeline/match.h"
#include "query/pipeline/sort.h"

namespace cairn::pipeline {
namespace {

// The stage at `at`, if it is of that kind; else null.
template <typename Kind>
Kind* At(const StageList& stages, size_t at) {
  return at < stages.size() ? dynamic_cast<Kind*>(stages[at].get()) : nullptr;
}

// What a query does, in its order: filter, sort, skip, limit.
Result<exec::Query> TakeQuery(const RunContext& run, StageList* stages) {
  size_t taken = 0;
  CAIRN_TRY_ASSIGN(auto filter, match::Matcher::Parse(bson::View(), run.globals));
  exec::Query query{.filter = std::move(filter)};
  if (auto* const match = At<MatchStage>(*stages, taken)) {
    query.filter = match->TakeMatcher();
    ++taken;
  }
  if (auto* const sort = At<SortStage>(*stages, taken)) {
    if (!sort->source().empty()) {
      const bson::Value pattern = sort->source().begin()->value;
      if (pattern.type() == bson::Type::kDocument) {
        query.sort_source = bson::Document(pattern.AsView());
      }
    }
    query.sort = sort->TakePattern();
    ++taken;
  }
  if (auto* const skip = At<SkipStage>(*stages, taken)) {
    query.skip = static_cast<uint64_t>(skip->skip());
    ++taken;
  }
  if (auto* const limit = At<LimitStage>(*stages, taken)) {
    query.limit = static_cast<uint64_t>(limit->limit());
    ++taken;
  }
  stages->erase(stages->begin(), stages->begin() + static_cast<ptrdiff_t>(taken));
  return query;
}

// What `stages` read of the documents, as a projection that takes these fields alone, so that an
// index that has them all suffices; empty when it may be more.
bson::Document FieldsRead(const StageList& stages) {
  expression::Dependencies read;
  bool may_read_more = true;
  for (auto stage = stages.begin(); stage != stages.end() && may_read_more; ++stage) {
    may_read_more = (*stage)->AddDependencies(&read);
    if (read.whole) return {};
  }
  if (may_read_more || read.paths.empty()) return {};
  bson::Builder projection;
  for (const std::string& path : read.paths) {
    bool is_within_another = false;
    for (size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', dot + 1)) {
      is_within_another |= read.paths.contains(path.substr(0, dot));
    }
    if (path.starts_with("_id.")) return {};
    if (!is_within_another) projection.AppendInt32(path, 1);
  }
  if (!read.paths.contains("_id")) projection.AppendInt32("_id", 0);
  return projection.Finish();
}

}  // namespace

Result<std::unique_ptr<CursorStage>> CursorStage::Make(RunContext* run,
                                                       store::CollectionPtr collection,
                                                       bson::Value hint, StageList* stages) {
  CAIRN_TRY_ASSIGN(exec::Query query, TakeQuery(*run, stages));
  // Told to the planner only: to copy fields out of whole documents would gain nothing.
  query.projection_source = FieldsRead(*stages);
  query.hint = hint;
  query.deadline = &run->deadline;
  query.allow_disk_use = run->allow_disk_use;
  CAIRN_TRY_ASSIGN(auto execution, exec::Execution::Open(run->environment, std::move(collection),
                                                         std::move(query)));
  return std::unique_ptr<CursorStage>(new CursorStage(std::move(execution)));
}

Result<bool> CursorStage::Next() {
  CAIRN_TRY_ASSIGN(const bool more, execution_->Next());
  if (more) document_ = execution_->document();
  return more;
}

void CursorStage::Describe(bson::Builder* out) const {
  out->OpenDocument("$cursor").OpenDocument("queryPlanner");
  out->AppendDocument("parsedQuery", execution_->filter().source());
  out->AppendDocument("winningPlan", exec::DescribePlan(*execution_));
  out->Close().Close();
}

}  // namespace cairn::pipeline
