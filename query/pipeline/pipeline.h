// SPDX-License-Identifier: Apache-2.0
// Stages one over the other, running: those of a command, or a sub-pipeline of one of its stages.
// Thread safety: belongs to one thread at a time; must not outlive its Environment.
#pragma once

#include <memory>
#include <utility>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/exec/document_stream.h"
#include "query/pipeline/run_context.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

/// Opened stages, the first of which reads a collection or makes its own documents.
class Pipeline {
 public:
  /// `collection` may be null: nothing is read; or a view, whose stages then come first. `hint`
  /// may be missing; borrowed until this returns. `depth`: pipelines around this one.
  /// Borrows `run`. Errors: those of exec::Execution::Open and of stages.
  static Result<std::unique_ptr<Pipeline>> Open(RunContext* run, store::CollectionPtr collection,
                                                StageList stages, bson::Value hint = {},
                                                int depth = 0);
  /// Stages over another that is open. Borrows both.
  static Result<std::unique_ptr<Pipeline>> OpenOver(RunContext* run, Stage* input,
                                                    StageList stages);

  /// Moves to the next document; false at the end, and from then on, also after an error.
  Result<bool> Next();
  bson::View document() const { return last_->document(); }
  void Pause() {
    if (!ended_) last_->Pause();
  }
  /// Appends the fields that explain shows: queryPlanner, or stages.
  void Describe(bson::Builder* out) const;

 private:
  Pipeline(Stage* last, StageList stages) : last_(last), stages_(std::move(stages)) {}

  Stage* last_;
  StageList stages_;
  bool ended_ = false;
};

/// The pipeline of a command, with what its stages share.
class PipelineStream final : public exec::DocumentStream {
 public:
  explicit PipelineStream(std::unique_ptr<RunContext> run) : run_(std::move(run)) {}
  /// Once, before all others. Errors: those of Pipeline::Open.
  Status Open(store::CollectionPtr collection, StageList stages, bson::Value hint);

  Result<bool> Next() override;
  bson::View document() const override { return pipeline_->document(); }
  void Pause() override { pipeline_->Pause(); }

  RunContext* run() const { return run_.get(); }
  const Pipeline& pipeline() const { return *pipeline_; }

 private:
  const std::unique_ptr<RunContext> run_;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace cairn::pipeline
