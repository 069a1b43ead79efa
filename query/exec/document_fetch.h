// SPDX-License-Identifier: Apache-2.0
// Reads the documents that entries lead to, in batches, and gives those that match, each once.
// Thread safety: belongs to its Execution.
#pragma once

#include <memory>
#include <string>

#include "query/exec/entry_source.h"
#include "query/exec/fetch.h"
#include "query/exec/read_context.h"
#include "query/exec/seen_set.h"
#include "query/exec/source.h"
#include "query/match/matcher.h"

namespace cairn::exec {

class DocumentFetch final : public Source {
 public:
  /// Borrows `context` and `filter`. `may_repeat`: entries may lead to one document again.
  /// `wanted`: as many documents are going to be asked for, and all of them match; 0: not known.
  DocumentFetch(ReadContext* context, const match::Matcher* filter,
                std::unique_ptr<EntrySource> entries, bool may_repeat, uint64_t wanted,
                uint64_t seed)
      : context_(context),
        filter_(filter),
        entries_(std::move(entries)),
        may_repeat_(may_repeat),
        wanted_(wanted),
        seen_(seed) {}

  Result<bool> Next() override;
  void Pause() override;
  const EntrySource* entries() const override { return entries_.get(); }

 private:
  /// Fills the batch and reads it; false when there are no more entries.
  Result<bool> Refill();
  Status Renew();

  ReadContext* const context_;
  const match::Matcher* const filter_;
  const std::unique_ptr<EntrySource> entries_;
  const bool may_repeat_;
  const uint64_t wanted_;
  FetchBatch fetched_;
  bool ended_ = false;  // entries_ has no more.
  SeenSet seen_;
};

}  // namespace cairn::exec
