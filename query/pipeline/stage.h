// SPDX-License-Identifier: Apache-2.0
// A stage of a pipeline: parsed once, then pulled. Each gives documents made from those of the
// stage before it.
//
// Invariants: a stage holds nothing of its input's current document across a Pause unless it has
// copied it; a loop over rows pulls them with Pull, or calls RunContext::Tick, so that any pipeline
// stops in time. Thread safety: belongs to its pipeline; what is const may be called from any
// thread before Open.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/options.h"
#include "cairn/status.h"
#include "query/exec/row_sorter.h"
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

  /// Before the first Next, the stages before it being open. Borrows both; a stage that makes its
  /// own documents has no input. Called once more, it begins anew, at the first document.
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
  /// Whether all that is found below the top-level field `name` is made here, whatever the input
  /// has there.
  virtual bool Makes(std::string_view) const { return false; }
  /// Where before this stage that is found which is found at `path` behind it; none: nowhere, or
  /// what is let through before is not what is let through behind.
  virtual std::optional<path::FieldPath> PathBefore(const path::FieldPath&) const { return {}; }
  /// Whether only comparisons with values may go the way of PathBefore: null and missing, or
  /// numbers of several types, are one value behind.
  virtual bool BlursValues() const { return false; }
  /// Whether it gives one document for each of the input, in their order: then $skip and $limit
  /// may come before it.
  virtual bool IsOneToOne() const { return false; }
  /// Whether what it gives are documents of its input from which parts were taken away.
  virtual bool OnlyTakesAway() const { return false; }
  /// Whether it keeps whole documents of its input to give them later.
  virtual bool KeepsDocuments() const { return false; }
  /// Moves to the end where it is known how many documents that leaves out; their number, 0 where
  /// it is not.
  virtual uint64_t TakeKnownRest() { return 0; }
  /// Adds one element, {$name: …}, as explain shows it.
  virtual void Describe(Verbosity, bson::Builder* out) const { out->AppendAll(source_); }
  /// Adds what it has done, for explain: memory, spills and the like.
  virtual void AppendStatistics(bson::Builder*) const {}

  /// How it was written: one element, {$name: …}.
  bson::View source() const { return source_; }
  void set_source(bson::Document source) { source_ = std::move(source); }

 protected:
  /// Moves the input on.
  Result<bool> Pull() {
    if (Status status = run_->Tick(); !status.ok()) return status;
    return input_->Next();
  }

  /// Instead of Next, of a stage that writes while it is explained: moves the input to its end.
  Result<bool> Drain() {
    while (true) {
      Result<bool> more = Pull();
      if (!more.ok() || !*more) return more;
    }
  }

  RunContext* run_ = nullptr;
  Stage* input_ = nullptr;
  bson::View document_;

 private:
  bson::Document source_;
};

using StagePtr = std::unique_ptr<Stage>;
using StageList = std::vector<StagePtr>;

/// Appends what explain tells of temporary files.
void AppendSpills(const exec::Spills& spills, bson::Builder* out);

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
