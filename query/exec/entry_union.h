// SPDX-License-Identifier: Apache-2.0
// Entries of several sources: one after the other, or merged by their order; and documents by _id
// as entries, so that they may be among them. Thread safety: belongs to their Execution.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "query/exec/entry_source.h"
#include "query/exec/read_context.h"
#include "query/plan/plan.h"

namespace cairn::exec {

using EntrySources = std::vector<std::unique_ptr<EntrySource>>;

/// One input after the other.
class EntryUnion final : public EntrySource {
 public:
  explicit EntryUnion(EntrySources inputs) : inputs_(std::move(inputs)) {}
  Result<bool> Next() override;
  void Pause() override;
  const EntrySource* input(size_t i) const override {
    return i < inputs_.size() ? inputs_[i].get() : nullptr;
  }

 private:
  const EntrySources inputs_;
  size_t at_ = 0;
};

/// Always the input's entry that is first in their common order.
class EntryMerge final : public EntrySource {
 public:
  explicit EntryMerge(EntrySources inputs);
  Result<bool> Next() override;
  void Pause() override;
  const EntrySource* input(size_t i) const override {
    return i < heads_.size() ? heads_[i].source.get() : nullptr;
  }

 private:
  // An input and a copy of its current entry.
  struct Head {
    std::unique_ptr<EntrySource> source;
    std::string order;
    std::string suffix;
  };
  /// Moves an input on and puts it into the heap, unless it is at its end.
  Status Advance(size_t i);
  bool After(size_t a, size_t b) const;

  std::vector<Head> heads_;
  std::vector<size_t> heap_;
  size_t to_start_ = 0;          // Inputs from here on have not been read yet.
  bool current_ = false;         // heap_'s top has been given.
  size_t advancing_ = SIZE_MAX;  // The input whose Next was interrupted.
};

/// Documents by their keys, without looking whether they exist.
class IdEntries final : public EntrySource {
 public:
  explicit IdEntries(const std::vector<std::string>* suffixes) : suffixes_(suffixes) {}
  Result<bool> Next() override;
  void Pause() override {}

 private:
  const std::vector<std::string>* const suffixes_;
  size_t next_ = 0;
};

/// Documents in a range of keys.
class IdRangeEntries final : public EntrySource {
 public:
  IdRangeEntries(ReadContext* context, key::Range range)
      : context_(context), range_(std::move(range)) {}
  Result<bool> Next() override;
  void Pause() override;

 private:
  ReadContext* const context_;
  key::Range range_;
  std::unique_ptr<store::DocumentScan> scan_;
};

/// The operators for `node`, which is of entries. Borrows both.
std::unique_ptr<EntrySource> MakeEntrySource(ReadContext* context, const plan::Node* node);

}  // namespace cairn::exec
