// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/pipeline.h"

#include "engine/base/try.h"
#include "query/pipeline/cursor_stage.h"
#include "query/pipeline/optimiser.h"
#include "query/pipeline/parser.h"
#include "query/pipeline/view_definition.h"

namespace cairn::pipeline {
namespace {

// The server's own additions to a document may exceed the limit by this much.
constexpr size_t kDocumentBytesMax = bson::kMaxDocumentBytes + (size_t{16} << 10);

// Opens each of `stages` over the one before; the last one.
Result<Stage*> OpenAll(RunContext* run, Stage* input, const StageList& stages) {
  for (const StagePtr& stage : stages) {
    CAIRN_TRY(stage->Open(run, input));
    input = stage.get();
  }
  return input;
}

// Puts the stages of `view` before `stages`; the collection below it.
Result<store::CollectionPtr> OpenView(const RunContext& run, const catalog::Collection& view,
                                      int depth, StageList* stages) {
  const store::DocumentStore& store = *run.environment.store;
  CAIRN_TRY_ASSIGN(const ResolvedView resolved, ResolveView(store, view));
  ParseContext context{.globals = run.globals};
  context.database = view.database;
  context.collection = resolved.collection;
  context.place = Place::kView;
  context.depth = depth;
  CAIRN_TRY_ASSIGN(StageList all, ParseStages(resolved.pipeline, context));
  for (StagePtr& stage : *stages) all.push_back(std::move(stage));
  *stages = std::move(all);
  return store.FindCollection(view.database, resolved.collection);
}

}  // namespace

Result<std::unique_ptr<Pipeline>> Pipeline::Open(RunContext* run, store::CollectionPtr collection,
                                                 StageList stages, bson::Value hint, int depth) {
  if (collection != nullptr && collection->is_view) {
    CAIRN_TRY_ASSIGN(collection, OpenView(*run, *collection, depth, &stages));
  }
  Optimise(run->globals, &stages);
  if (stages.empty() || !stages.front()->MakesDocuments()) {
    CAIRN_TRY_ASSIGN(auto cursor, CursorStage::Make(run, std::move(collection), hint, &stages));
    stages.insert(stages.begin(), std::move(cursor));
  }
  return OpenOver(run, nullptr, std::move(stages));
}

Result<std::unique_ptr<Pipeline>> Pipeline::OpenOver(RunContext* run, Stage* input,
                                                     StageList stages) {
  LimitSorts(stages);
  CAIRN_TRY_ASSIGN(Stage* const last, OpenAll(run, input, stages));
  return std::unique_ptr<Pipeline>(new Pipeline(last, std::move(stages)));
}

Result<bool> Pipeline::Next() {
  if (ended_) return false;
  Result<bool> more = last_->Next();
  ended_ = !more.ok() || !*more;
  return more;
}

void Pipeline::Describe(bson::Builder* out) const {
  if (stages_.size() == 1 && dynamic_cast<const CursorStage*>(stages_[0].get()) != nullptr) {
    bson::Builder cursor;
    stages_[0]->Describe(&cursor);
    out->AppendAll(cursor.Finish().view().begin()->value.AsView());
    return;
  }
  out->OpenArray("stages");
  for (const StagePtr& stage : stages_) {
    out->OpenDocument(out->NextIndex());
    stage->Describe(out);
    out->Close();
  }
  out->Close();
}

Status PipelineStream::Open(store::CollectionPtr collection, StageList stages, bson::Value hint) {
  CAIRN_TRY_ASSIGN(pipeline_,
                   Pipeline::Open(run_.get(), std::move(collection), std::move(stages), hint));
  return Status::Ok();
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
