// SPDX-License-Identifier: Apache-2.0
// A stage of a pipeline: parsed once, then pulled. Each gives documents made from those of the
// stage before it.
//
// Invariants: a stage holds nothing of its input's current document across a Pause unless it has
// copied it; a loop over rows pulls them with Pull, or calls RunContext::Tick, so that any pipeline
// stops in time. Thread safety: belongs to its pipeline; what is const may be called from any
// thread before Open.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/expression/expression.h"
#include "query/path/field_path.h"
#include "query/pipeline/run_context.h"

namespace cairn::pipeline {

struct StageRow;

class Stage {
 public:
  Stage() = default;
  virtual ~Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// Once, before the first Next, the stages before it being open. Borrows both; a stage that makes
  /// its own documents has no input.
  virtual Status Open(RunContext* run, Stage* input) {
    run_ = run;
    input_ = input;
    return Status::Ok();
  }
  /// Moves to the next document; false at the end. Not called again after that, nor after an error.
  virtual Result<bool> Next() = 0;
  /// Valid until the next Next or Pause.
  bson::View document() const { return document_; }
  /// Gives back everything that hangs on snapshots; the next Next goes on behind the current
  /// document.
  virtual void Pause() {
    if (input_ != nullptr) input_->Pause();
  }

  /// Whether it has no input: it then stands first.
  virtual bool MakesDocuments() const { return false; }
  /// Adds what it reads of its input's documents. Whether what follows may read more of them:
  /// false when it gives nothing that it has not named.
  virtual bool AddDependencies(expression::Dependencies* dependencies) const {
    dependencies->whole = true;
    return false;
  }
  /// Whether a $match that reads `path` finds the same before this stage as behind it.
  virtual bool LetsMatchPass(const path::FieldPath&) const { return false; }
  /// Adds one element, {$name: …}, as explain shows it.
  virtual void Describe(bson::Builder* out) const { out->AppendAll(source_); }

  /// How it was written: one element, {$name: …}.
  bson::View source() const { return source_; }
  void set_source(bson::Document source) { source_ = std::move(source); }

 protected:
  /// Moves the input on.
  Result<bool> Pull() {
    if (Status status = run_->Tick(); !status.ok()) return status;
    return input_->Next();
  }

  RunContext* run_ = nullptr;
  Stage* input_ = nullptr;
  bson::View document_;

 private:
  bson::Document source_;
};

using StagePtr = std::unique_ptr<Stage>;
using StageList = std::vector<StagePtr>;

/// A stage that makes each document from the one before it, and from nothing else.
class TransformStage : public Stage {
 public:
  /// Appends the fields of the new document. Any thread.
  virtual Status Apply(bson::View document, bson::Builder* out) const = 0;
  Result<bool> Next() final;

 private:
  std::string bytes_;  // Keeps its memory from document to document.
};

}  // namespace cairn::pipeline
