// SPDX-License-Identifier: Apache-2.0
// Collects all rows and gives them in order; with a limit it keeps that many only. Rows that
// compare equal stay in the order in which they came. Thread safety: belongs to its Execution.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "query/exec/read_context.h"
#include "query/exec/sort_key.h"
#include "query/exec/source.h"
#include "query/plan/sort_pattern.h"

namespace cairn::exec {

class Sorter final : public Source {
 public:
  /// `limit`: rows wanted; 0: all. Borrows `context` and `sort`.
  Sorter(ReadContext* context, std::unique_ptr<Source> input, const plan::SortPattern* sort,
         uint64_t limit)
      : context_(context), input_(std::move(input)), sort_keys_(sort), limit_(limit) {}

  /// Error QueryExceededMemoryLimitNoDiskUseAllowed.
  Result<bool> Next() override;
  /// The rows are copies.
  void Pause() override {}

 private:
  struct Entry {
    std::string key;    // Ends with a sequence number, so that no two are equal.
    std::string bytes;  // Document, then suffix.
    size_t document_size = 0;

    bool operator<(const Entry& other) const { return key < other.key; }
    size_t size() const { return sizeof(Entry) + key.size() + bytes.size(); }
  };

  Status Fill();
  /// Keeps `row` under `key`, if it is among the first limit_.
  Status Add(const Row& row, const std::string& key);

  ReadContext* const context_;
  std::unique_ptr<Source> input_;  // Null once the rows are sorted.
  SortKeys sort_keys_;
  const uint64_t limit_;
  std::vector<Entry>
      entries_;  // While they are collected with a limit: a heap, the last one first.
  size_t bytes_ = 0;
  size_t next_ = 0;
};

}  // namespace cairn::exec
