// SPDX-License-Identifier: Apache-2.0
// The first stage of a pipeline over a collection: a query, which has taken over what it can do of
// the stages behind it. Each Open runs it. Belongs to its pipeline.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "query/exec/execution.h"
#include "query/pipeline/join.h"
#include "query/pipeline/join_table.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

/// What a pipeline reads, and with what it was parsed. Borrows `globals`.
struct PipelineSource {
  store::CollectionPtr collection = nullptr;  ///< Null: nothing is read; or a view.
  std::string ns = {};                        ///< Of the collection, for explain.
  bson::OwnedValue hint = {};                 ///< May be missing.
  int depth = 0;                              ///< Pipelines around this one.
  const expression::Globals* globals = nullptr;
};

/// What was looked at to find documents.
struct Examined {
  uint64_t keys = 0;
  uint64_t docs = 0;
  uint64_t collection_scans = 0;
  std::set<std::string> indexes = {};

  void Add(const Examined& other);
};

class CursorStage final : public Stage {
 public:
  /// Turns the stages at the front of `stages` into the query that is run on the collection.
  static Result<std::unique_ptr<CursorStage>> Make(const RunContext& run, PipelineSource source,
                                                   StageList* stages);

  /// Errors: those of exec::Execution::Open.
  Status Open(RunContext* run, Stage* input) override;
  Result<bool> Next() override;
  void Pause() override {
    if (execution_ != nullptr) execution_->Pause();
  }
  uint64_t TakeKnownRest() override;
  void Describe(Verbosity verbosity, bson::Builder* out) const override;

  /// In all runs.
  Examined examined() const;
  bool joins_in_memory() const { return table_.has_value(); }

 private:
  CursorStage(PipelineSource source, exec::Query query)
      : source_(std::move(source)), fixed_globals_(*source_.globals), query_(std::move(query)) {
    fixed_globals_.fixes_late_variables = true;
  }
  void TakeStages(bool optimises, StageList* stages);
  void NarrowReading(const StageList& stages);
  /// The filter of this run.
  Result<match::Matcher> MakeFilter() const;
  Status BuildTable();
  Result<bool> NextOfTable();
  Result<bool> Advance();
  bool MayBuildTable() const;

  const PipelineSource source_;
  expression::Globals fixed_globals_;  // With the values that variables have in a run.
  exec::Query query_;                  // As all runs begin, but for what is bound to one.
  std::unique_ptr<JoinStage> join_;    // Of a $lookup: the values are those of each run.
  bool binds_variables_ = false;       // The filter names variables that each run has anew.
  bool distinct_ = false;              // One document is enough of each value of a field.
  bool counts_all_ = false;            // Nothing but the number of documents is wanted, and known.
  uint64_t known_ = 0;                 // Of counts_all_: documents that are left.
  std::unique_ptr<exec::Execution> execution_;
  int runs_ = 0;
  std::optional<JoinTable> table_;  // Once it pays.
  std::vector<uint32_t> partners_;  // In table_, of this run.
  size_t next_ = 0;
  std::string projected_;                 // Keeps its memory.
  std::optional<match::Matcher> filter_;  // Of this run's partners.
  Examined past_;                         // In the runs before.
  int64_t time_us_ = 0;                   // Of an explain.
};

}  // namespace cairn::pipeline
