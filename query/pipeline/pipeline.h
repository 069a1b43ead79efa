// SPDX-License-Identifier: Apache-2.0
// Stages one over the other: those of a command, or a sub-pipeline of one of its stages. They are
// put together once, and may then run many times.
// Thread safety: belongs to one thread at a time; must not outlive its Environment.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cairn/bson.h"
#include "cairn/options.h"
#include "cairn/status.h"
#include "query/exec/document_stream.h"
#include "query/expression/row_metadata.h"
#include "query/pipeline/cursor_stage.h"
#include "query/pipeline/meter.h"
#include "query/pipeline/run_context.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

/// Stages, the first of which reads a collection or makes its own documents.
class Pipeline {
 public:
  /// Borrows `run` and what `source` borrows. Errors: those of views.
  static Result<std::unique_ptr<Pipeline>> Make(RunContext* run, PipelineSource source,
                                                StageList stages);
  /// Stages over another. Borrows all.
  static Result<std::unique_ptr<Pipeline>> MakeOver(RunContext* run, Stage* input, StageList stages,
                                                    const expression::Globals& globals);

  /// Before the first Next; called once more, it begins anew. Errors: those of
  /// exec::Execution::Open and of stages.
  Status Open();
  /// For the next Open: what the JoinStage among the stages lets through.
  Status Join(const std::vector<bson::Value>& values);

  /// Moves to the next document; false at the end, and from then on, also after an error.
  Result<bool> Next();
  bson::View document() const { return last_->document(); }
  void Pause() {
    if (!ended_) last_->Pause();
  }

  /// What it read of its collection so far, in all runs.
  Examined examined() const;
  bool joins_in_memory() const { return cursor_ != nullptr && cursor_->joins_in_memory(); }
  /// Appends the fields that explain shows: queryPlanner and executionStats, or stages.
  void Describe(Verbosity verbosity, bson::Builder* out) const;
  /// Appends the stages to the open array.
  void DescribeStages(Verbosity verbosity, bson::Builder* out) const;

 private:
  Pipeline(RunContext* run, Stage* input, StageList stages);

  RunContext* const run_;
  Stage* const input_;
  StageList stages_;
  CursorStage* cursor_ = nullptr;  // The first stage, if it is one.
  JoinStage* join_ = nullptr;
  std::vector<std::unique_ptr<MeterStage>> meters_;  // Of an explain: one a stage.
  Stage* last_ = nullptr;
  bool ended_ = true;
  expression::RowMetadata* metadata_ = nullptr;  // Of the current document, between two Nexts.
};

/// The pipeline of a command, with what its stages share.
class PipelineStream final : public exec::DocumentStream {
 public:
  explicit PipelineStream(std::unique_ptr<RunContext> run) : run_(std::move(run)) {}
  /// Once, before all others. Errors: those of Pipeline::Make and Open.
  Status Open(PipelineSource source, StageList stages);

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
