// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/pipeline.h"

#include "engine/base/try.h"
#include "query/pipeline/optimiser.h"
#include "query/pipeline/parser.h"
#include "query/pipeline/view_definition.h"

namespace cairn::pipeline {
namespace {

// The server's own additions to a document may exceed the limit by this much.
constexpr size_t kDocumentBytesMax = bson::kMaxDocumentBytes + (size_t{16} << 10);

// Puts the stages of the view in front of `stages`, and the collection below it into `source`.
Status OpenView(const RunContext& run, PipelineSource* source, StageList* stages) {
  const store::DocumentStore& store = *run.environment.store;
  const store::CollectionPtr view = source->collection;
  CAIRN_TRY_ASSIGN(const ResolvedView resolved, ResolveView(store, *view));
  ParseContext context{.globals = run.globals};
  context.database = view->database;
  context.collection = resolved.collection;
  context.place = Place::kView;
  context.depth = source->depth;
  CAIRN_TRY_ASSIGN(StageList all, ParseStages(resolved.pipeline, context));
  for (StagePtr& stage : *stages) all.push_back(std::move(stage));
  *stages = std::move(all);
  source->ns = view->database + "." + resolved.collection;
  source->collection = store.FindCollection(view->database, resolved.collection);
  return Status::Ok();
}

JoinStage* FindJoin(const StageList& stages) {
  for (const StagePtr& stage : stages) {
    if (auto* const join = dynamic_cast<JoinStage*>(stage.get())) return join;
  }
  return nullptr;
}

}  // namespace

Pipeline::Pipeline(RunContext* run, Stage* input, StageList stages)
    : run_(run), input_(input), stages_(std::move(stages)) {}

Result<std::unique_ptr<Pipeline>> Pipeline::Make(RunContext* run, PipelineSource source,
                                                 StageList stages) {
  if (source.collection != nullptr && source.collection->is_view) {
    CAIRN_TRY(OpenView(*run, &source, &stages));
  }
  JoinStage* const join = FindJoin(stages);
  if (run->optimises) Optimise(*source.globals, &stages);
  CursorStage* cursor = nullptr;
  if (stages.empty() || !stages.front()->MakesDocuments()) {
    CAIRN_TRY_ASSIGN(auto made, CursorStage::Make(*run, std::move(source), &stages));
    cursor = made.get();
    stages.insert(stages.begin(), std::move(made));
  }
  if (run->optimises) LimitSorts(&stages);
  std::unique_ptr<Pipeline> pipeline(new Pipeline(run, nullptr, std::move(stages)));
  pipeline->cursor_ = cursor;
  pipeline->join_ = join;
  return pipeline;
}

Result<std::unique_ptr<Pipeline>> Pipeline::MakeOver(RunContext* run, Stage* input,
                                                     StageList stages,
                                                     const expression::Globals& globals) {
  if (run->optimises) {
    Optimise(globals, &stages);
    LimitSorts(&stages);
  }
  return std::unique_ptr<Pipeline>(new Pipeline(run, input, std::move(stages)));
}

Status Pipeline::Open() {
  Stage* below = input_;
  for (size_t i = 0; i < stages_.size(); ++i) {
    CAIRN_TRY(stages_[i]->Open(run_, below));
    below = stages_[i].get();
    if (!run_->explains) continue;
    if (meters_.size() == i) meters_.push_back(std::make_unique<MeterStage>());
    CAIRN_TRY(meters_[i]->Open(run_, below));
    below = meters_[i].get();
  }
  last_ = below;
  ended_ = false;
  metadata_ = nullptr;
  return Status::Ok();
}

Status Pipeline::Join(const std::vector<bson::Value>& values) { return join_->SetValues(values); }

Result<bool> Pipeline::Next() {
  if (ended_) return false;
  const expression::RowMetadata::Scope scope(&metadata_);
  Result<bool> more = last_->Next();
  ended_ = !more.ok() || !*more;
  return more;
}

Examined Pipeline::examined() const {
  return cursor_ == nullptr ? Examined() : cursor_->examined();
}

void Pipeline::Describe(Verbosity verbosity, bson::Builder* out) const {
  if (stages_.size() == 1 && cursor_ != nullptr) {
    bson::Builder cursor;
    cursor_->Describe(verbosity, &cursor);
    out->AppendAll(cursor.Finish().view().begin()->value.AsView());
    return;
  }
  out->OpenArray("stages");
  DescribeStages(verbosity, out);
  out->Close();
}

void Pipeline::DescribeStages(Verbosity verbosity, bson::Builder* out) const {
  for (size_t i = 0; i < stages_.size(); ++i) {
    out->OpenDocument(out->NextIndex());
    stages_[i]->Describe(verbosity, out);
    if (verbosity != Verbosity::kQueryPlanner && i < meters_.size()) {
      stages_[i]->AppendStatistics(out);
      out->AppendInt64("nReturned", static_cast<int64_t>(meters_[i]->returned()));
      out->AppendInt64("executionTimeMillisEstimate", meters_[i]->time_ms());
    }
    out->Close();
  }
}

Status PipelineStream::Open(PipelineSource source, StageList stages) {
  const base::Deadline::Running running(&run_->deadline);  // Plans are tried.
  CAIRN_TRY_ASSIGN(pipeline_, Pipeline::Make(run_.get(), std::move(source), std::move(stages)));
  return pipeline_->Open();
}

Result<bool> PipelineStream::Next() {
  const base::Deadline::Running running(&run_->deadline);
  Result<bool> more = pipeline_->Next();
  if (more.ok() && *more && pipeline_->document().size() > kDocumentBytesMax) {
    return Status(ErrorCode::kBSONObjectTooLarge,
                  "a document of the pipeline's result is larger than a document may be");
  }
  return more;
}

}  // namespace cairn::pipeline
