// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/cursor_stage.h"

#include <algorithm>
#include <utility>

#include "engine/base/try.h"
#include "query/exec/explain.h"
#include "query/pipeline/dependencies.h"
#include "query/pipeline/group.h"
#include "query/pipeline/limit.h"
#include "query/pipeline/match.h"
#include "query/pipeline/project.h"
#include "query/pipeline/sort.h"

namespace cairn::pipeline {
namespace {

// The stage at `at`, if it is of that kind; else null.
template <typename Kind>
Kind* At(const StageList& stages, size_t at) {
  return at < stages.size() ? dynamic_cast<Kind*>(stages[at].get()) : nullptr;
}

bson::Document SpecOf(const Stage& stage) {
  if (stage.source().empty()) return {};
  const bson::Value spec = stage.source().begin()->value;
  return spec.type() == bson::Type::kDocument ? bson::Document(spec.AsView()) : bson::Document();
}

void AddIndexes(const plan::Node& node, std::set<std::string>* names) {
  switch (node.stage) {
    case plan::Stage::kNothing:
      return;
    case plan::Stage::kCollectionScan:
      if (node.id_bounds.empty()) return;
      [[fallthrough]];
    case plan::Stage::kIdPoints:
      names->insert("_id_");
      return;
    case plan::Stage::kIndexScan:
      names->insert(node.scan.index_name);
      return;
    case plan::Stage::kOr:
    case plan::Stage::kSortMerge:
      for (const plan::Node& child : node.children) AddIndexes(child, names);
      return;
  }
}

bool ScansCollection(const exec::Execution& execution) {
  const plan::Node& access = execution.plan().access;
  return access.stage == plan::Stage::kCollectionScan && access.id_bounds.empty();
}

Examined ExaminedBy(const exec::Execution& execution) {
  Examined examined;
  if (execution.active() == nullptr) return examined;
  examined.keys = execution.active()->keys_examined();
  examined.docs = execution.active()->docs_examined();
  examined.collection_scans = ScansCollection(execution) ? 1 : 0;
  AddIndexes(execution.plan().access, &examined.indexes);
  return examined;
}

}  // namespace

void Examined::Add(const Examined& other) {
  keys += other.keys;
  docs += other.docs;
  collection_scans += other.collection_scans;
  indexes.insert(other.indexes.begin(), other.indexes.end());
}

Result<std::unique_ptr<CursorStage>> CursorStage::Make(const RunContext& run, PipelineSource source,
                                                       StageList* stages) {
  CAIRN_TRY_ASSIGN(auto filter, match::Matcher::Parse(bson::View(), *source.globals));
  exec::Query query{.filter = std::move(filter)};
  query.allow_disk_use = run.allow_disk_use;
  query.explain = run.explains;
  std::unique_ptr<CursorStage> stage(new CursorStage(std::move(source), std::move(query)));
  stage->TakeStages(run.optimises, stages);
  if (run.optimises) stage->NarrowReading(*stages);
  return stage;
}

// What a query does, in its order: filter, sort, skip, limit, plain projection.
void CursorStage::TakeStages(bool optimises, StageList* stages) {
  size_t taken = 0;
  if (optimises && At<JoinStage>(*stages, taken) != nullptr) {
    join_.reset(static_cast<JoinStage*>((*stages)[taken++].release()));
  }
  if (auto* const match = optimises ? At<MatchStage>(*stages, taken) : nullptr) {
    query_.filter = match->matcher();
    binds_variables_ = !source_.globals->late_variables.empty() &&
                       query_.filter.source().bytes().find("$$") != std::string_view::npos;
    ++taken;
  }
  if (auto* const sort = optimises ? At<SortStage>(*stages, taken) : nullptr) {
    query_.sort_source = SpecOf(*sort);
    query_.sort = sort->pattern();
    ++taken;
  }
  if (auto* const skip = optimises ? At<SkipStage>(*stages, taken) : nullptr) {
    query_.skip = static_cast<uint64_t>(skip->skip());
    ++taken;
  }
  if (auto* const limit = optimises ? At<LimitStage>(*stages, taken) : nullptr) {
    query_.limit = static_cast<uint64_t>(limit->limit());
    ++taken;
  }
  auto* const project = optimises ? At<ProjectStage>(*stages, taken) : nullptr;
  if (project != nullptr && project->IsPlain()) {
    query_.projection_source = SpecOf(*project);
    query_.projection = project->projection();
    ++taken;
  }
  stages->erase(stages->begin(), stages->begin() + static_cast<ptrdiff_t>(taken));
}

// What the stages behind do not read need not be there.
void CursorStage::NarrowReading(const StageList& stages) {
  if (query_.projection.has_value()) return;
  const FieldsRead read = FieldsReadBy(stages);
  if (!read.known) return;
  if (read.paths.empty()) {
    // Their number is all that matters.
    query_.sort = {};
    query_.sort_source = {};
    query_.count = true;
    counts_all_ = query_.filter.MatchesAll() && join_ == nullptr && source_.collection != nullptr &&
                  source_.hint.value().missing();
    return;
  }
  const auto* const group = At<GroupStage>(stages, 0);
  std::string first;
  if (group != nullptr && query_.skip == 0 && query_.limit == 0 && join_ == nullptr) {
    first = group->FirstOfEach(query_.sort);
  }
  // Told to the planner only: to copy fields out of whole documents would gain nothing.
  query_.projection_source = ProjectionOf(read.paths, first);
  distinct_ = !first.empty() && !query_.projection_source.empty();
  query_.distinct = distinct_;
}

Result<match::Matcher> CursorStage::MakeFilter() const {
  if (join_ == nullptr && !binds_variables_) return query_.filter;
  if (join_ == nullptr) return match::Matcher::Parse(query_.filter.source(), fixed_globals_);
  if (query_.filter.MatchesAll()) return match::Matcher::Parse(join_->filter(), fixed_globals_);
  bson::Builder both;
  both.OpenArray("$and");
  both.AppendDocument(both.NextIndex(), join_->filter());
  both.AppendDocument(both.NextIndex(), query_.filter.source());
  return match::Matcher::Parse(both.Close().Finish(), fixed_globals_);
}

Status CursorStage::Open(RunContext* run, Stage* input) {
  CAIRN_TRY(Stage::Open(run, input));
  const int64_t start_us = run->explains ? run->environment.clock->MonotonicUs() : 0;
  if (execution_ != nullptr) past_.Add(ExaminedBy(*execution_));
  ++runs_;
  if (runs_ > 1 && MayBuildTable()) CAIRN_TRY(BuildTable());
  CAIRN_TRY_ASSIGN(auto filter, MakeFilter());
  if (table_) {
    execution_.reset();
    filter_ = std::move(filter);
    partners_ = table_->Find(join_->keys());
    next_ = 0;
    return Status::Ok();
  }
  exec::Query query = query_;
  query.filter = std::move(filter);
  query.hint = source_.hint.value();
  query.settings = run->settings;
  query.deadline = &run->deadline;
  if (counts_all_) {
    known_ =
        static_cast<uint64_t>(run->environment.store->GetCounts(*source_.collection).documents);
    known_ -= std::min(known_, query_.skip);
    if (query_.limit != 0) known_ = std::min(known_, query_.limit);
  }
  CAIRN_TRY_ASSIGN(execution_,
                   exec::Execution::Open(run->environment, source_.collection, std::move(query)));
  // Whether values are skipped is to be seen in explain before there is a document.
  if (distinct_) execution_->SkipValue();
  if (run->explains) time_us_ += run->environment.clock->MonotonicUs() - start_us;
  return Status::Ok();
}

// Of a join that has scanned the collection once, when it is small enough to be kept.
bool CursorStage::MayBuildTable() const {
  if (table_ || runs_ != 2 || join_ == nullptr || execution_ == nullptr) return false;
  if (!query_.sort.empty() || query_.skip != 0 || query_.limit != 0 ||
      !ScansCollection(*execution_)) {
    return false;
  }
  const kv::Counts counts = run_->environment.store->GetCounts(*source_.collection);
  return counts.bytes <= static_cast<int64_t>(run_->join_bytes_left);
}

Status CursorStage::BuildTable() {
  exec::Query query{.filter = query_.filter};
  CAIRN_TRY_ASSIGN(query.filter, match::Matcher::Parse(bson::View(), *source_.globals));
  query.deadline = &run_->deadline;
  CAIRN_TRY_ASSIGN(execution_,
                   exec::Execution::Open(run_->environment, source_.collection, std::move(query)));
  JoinTable table;
  bool fits = true;
  while (fits) {
    CAIRN_TRY(run_->Tick());
    CAIRN_TRY_ASSIGN(const bool more, execution_->Next());
    if (!more) break;
    table.Add(execution_->document(), join_->path(), source_.globals->collator.get());
    fits = table.bytes() <= run_->join_bytes_left;
  }
  past_.Add(ExaminedBy(*execution_));
  if (!fits) return Status::Ok();
  run_->join_bytes_left -= table.bytes();
  table_ = std::move(table);
  return Status::Ok();
}

Result<bool> CursorStage::NextOfTable() {
  while (next_ < partners_.size()) {
    CAIRN_TRY(run_->Tick());
    document_ = table_->document(partners_[next_++]);
    CAIRN_TRY_ASSIGN(const bool matches, filter_->Matches(document_));
    if (!matches) continue;
    if (query_.projection.has_value()) {
      bson::Builder builder(std::move(projected_));
      CAIRN_TRY(query_.projection->Apply(document_, &builder));
      projected_ = builder.Finish().TakeBytes();
      document_ = bson::View(projected_.data());
    }
    return true;
  }
  return false;
}

Result<bool> CursorStage::Next() {
  if (!run_->explains) return Advance();
  const int64_t start_us = run_->environment.clock->MonotonicUs();
  Result<bool> more = Advance();
  time_us_ += run_->environment.clock->MonotonicUs() - start_us;
  return more;
}

Result<bool> CursorStage::Advance() {
  // What a filter asks for is not known of the document that is not found yet.
  expression::RowMetadata::SetCurrent(nullptr);
  if (table_) return NextOfTable();
  if (counts_all_) {
    if (known_ == 0) return false;
    --known_;
    return true;
  }
  CAIRN_TRY_ASSIGN(const bool more, execution_->Next());
  if (!more || query_.count) return more;
  document_ = execution_->document();
  expression::RowMetadata::SetCurrent(execution_.get());
  if (distinct_) execution_->SkipValue();
  return true;
}

uint64_t CursorStage::TakeKnownRest() { return std::exchange(known_, 0); }

Examined CursorStage::examined() const {
  Examined examined = past_;
  if (execution_ != nullptr) {
    examined.Add(ExaminedBy(*execution_));
  }
  return examined;
}

void CursorStage::Describe(Verbosity verbosity, bson::Builder* out) const {
  exec::ExplainFrame frame{source_.ns, "", ""};
  frame.fast_count = counts_all_;
  if (distinct_) frame.distinct = query_.projection_source.view().begin()->name;
  out->OpenDocument("$cursor");
  exec::AppendQueryPlanner(*execution_, frame, out);
  if (verbosity != Verbosity::kQueryPlanner) {
    exec::AppendExecutionStats(*execution_, frame, time_us_ / 1000,
                               verbosity == Verbosity::kAllPlansExecution, out);
  }
  out->Close();
}

}  // namespace cairn::pipeline
