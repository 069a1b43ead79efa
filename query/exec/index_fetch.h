// SPDX-License-Identifier: Apache-2.0
// Walks the entries of an index within bounds, reads the documents they lead to in batches, and
// gives those that match, each once. One scan serves all intervals: it jumps from one to the next.
// Thread safety: belongs to its Execution.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "query/exec/fetch.h"
#include "query/exec/read_context.h"
#include "query/exec/seen_set.h"
#include "query/exec/source.h"
#include "query/match/matcher.h"
#include "query/plan/plan.h"

namespace cairn::exec {

class IndexFetch final : public Source {
 public:
  /// Borrows all.
  IndexFetch(ReadContext* context, const match::Matcher* filter, const plan::Plan* plan,
             uint64_t seed)
      : context_(context),
        filter_(filter),
        plan_(plan),
        intervals_(&plan->intervals),
        seen_(seed) {}

  Result<bool> Next() override;
  void Pause() override;

 private:
  /// Continues behind resume_key_. Error QueryPlanKilled when the index is gone.
  Status Open();
  /// Moves the scan to the next entry within the intervals.
  bool NextEntry();
  /// Adds the scan's entry to the batch.
  void AddEntry();
  /// Reads the next batch; false when the entries are used up.
  Result<bool> Refill();

  ReadContext* const context_;
  const match::Matcher* const filter_;
  const plan::Plan* const plan_;
  const plan::Intervals* intervals_;  // Of plan_: the ones for an index with or without arrays.
  size_t interval_ = 0;               // The one that the scan is in.
  std::unique_ptr<store::IndexScan> scan_;
  bool ended_ = false;      // scan_ has no more entries.
  std::string resume_key_;  // The whole index key behind which to go on; empty: the start.
  FetchBatch fetched_;
  std::vector<std::string> entry_keys_;  // The whole index key of each document in fetched_.
  SeenSet seen_;
};

}  // namespace cairn::exec
