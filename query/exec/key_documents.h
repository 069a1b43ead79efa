// SPDX-License-Identifier: Apache-2.0
// Documents made of index keys: what a covered query reads instead of the documents. A key that
// does not say all (a null may be a missing field, a cut key has lost its end) is looked up after
// all. Thread safety: belongs to its Execution.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "query/exec/entry_source.h"
#include "query/exec/read_context.h"
#include "query/exec/seen_set.h"
#include "query/exec/source.h"
#include "query/match/matcher.h"
#include "query/plan/plan.h"

namespace cairn::exec {

class KeyDocuments final : public Source {
 public:
  /// Borrows all but `entries`.
  KeyDocuments(ReadContext* context, const match::Matcher* filter, const plan::IndexScan* scan,
               std::unique_ptr<EntrySource> entries, bool may_repeat, uint64_t seed);

  Result<bool> Next() override;
  void Pause() override { entries_->Pause(); }
  const EntrySource* entries() const override { return entries_.get(); }

 private:
  /// Makes the document of the current entry; false when it is gone.
  Result<bool> MakeDocument();
  /// Rebuilds it from the key; false when the key does not say all.
  bool FromKey();
  Result<bool> FromStore();

  ReadContext* const context_;
  const match::Matcher* const filter_;
  const plan::IndexScan* const scan_;
  const std::unique_ptr<EntrySource> entries_;
  const bool may_repeat_;
  std::vector<std::vector<std::string>> paths_;  // One a column, in parts.
  std::string document_;
  kv::PinnedValue value_;
  SeenSet seen_;
};

/// Counts entries: its rows have no documents.
class EntryCount final : public Source {
 public:
  EntryCount(ReadContext* context, std::unique_ptr<EntrySource> entries, uint64_t seed)
      : context_(context), entries_(std::move(entries)), seen_(seed) {}

  Result<bool> Next() override;
  void Pause() override { entries_->Pause(); }
  const EntrySource* entries() const override { return entries_.get(); }

 private:
  ReadContext* const context_;
  const std::unique_ptr<EntrySource> entries_;
  SeenSet seen_;
};

}  // namespace cairn::exec
