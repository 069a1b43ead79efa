// SPDX-License-Identifier: Apache-2.0
// One plan of a query, with the operators that run it. Plans are compared by running each for a
// while: a candidate keeps the rows that it finds meanwhile, and gives them first when it is the
// one. Thread safety: belongs to its Execution.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "query/exec/query.h"
#include "query/exec/read_context.h"
#include "query/exec/source.h"
#include "query/plan/plan.h"

namespace cairn::exec {

class Candidate final : public Source {
 public:
  /// Rows after which a trial is over, as in MongoDB.
  static constexpr size_t kTrialRows = 101;

  /// Borrows `query`.
  Candidate(const Environment& environment, store::CollectionPtr collection, const Query* query,
            plan::Plan plan);

  /// Runs until about `works` keys and documents are examined, enough rows are found, or the end.
  Status Work(int64_t works);
  /// Rows may now be taken with Next. The rest runs without a limit.
  void Win() { context_.SetBudget(INT64_MAX); }
  /// Enough rows were found, or all.
  bool Done() const { return ended_ || found_.size() >= rows_wanted_; }
  bool failed() const { return failed_; }
  /// All was found that the query wants: what it cost is known.
  bool Finished() const;
  /// The better plan has the higher one. MongoDB's formula: rows found for the work done.
  double Score() const;
  /// Rows that its trial has found and that Next has not given.
  uint64_t found() const { return found_.size(); }
  uint64_t works() const { return keys_examined() + docs_examined(); }
  uint64_t keys_examined() const;
  uint64_t docs_examined() const;

  Result<bool> Next() override;
  void Pause() override;
  const Source* source() const override { return source_.get(); }

  const plan::Plan& plan() const { return plan_; }
  ReadContext& context() { return context_; }
  const ReadContext& context() const { return context_; }
  /// The scan of the one index that is used, if there is such; else null.
  EntrySource* walk() { return walk_; }
  /// Leaves out the entries that agree with the current row's in the first columns.
  void SkipColumns(int columns) {
    if (found_.empty() && !ended_ && live_) walk_->SkipColumns(columns);
  }

 private:
  struct Owned {
    std::string document;
    std::string suffix;
  };
  std::unique_ptr<Source> MakeSource(uint64_t seed);
  std::unique_ptr<Source> MakeAccess(uint64_t seed);
  /// How many rows are going to be asked of the access at most; 0: not known.
  uint64_t RowsToFetch() const;

  ReadContext context_;
  const Query* const query_;
  const plan::Plan plan_;
  EntrySource* walk_ = nullptr;
  std::unique_ptr<Source> source_;  // Null: nothing is found.
  const size_t rows_wanted_;
  std::deque<Owned> found_;
  Owned current_;
  bool ended_ = false;
  bool failed_ = false;
  bool live_ = false;  // The current row is the operators' one, not one kept from a trial.
};

}  // namespace cairn::exec
