// SPDX-License-Identifier: Apache-2.0
// Sorts rows in bounded memory. With a limit it keeps that many only; beyond kOperatorBytesMax it
// goes on in temporary files, where it may. Rows that compare equal stay in the order in which they
// came. Thread safety: belongs to its operator.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/index/sorter.h"
#include "query/exec/sort_key.h"
#include "query/exec/source.h"
#include "query/plan/sort_pattern.h"

namespace cairn::exec {

/// What an operator put into temporary files.
struct Spills {
  uint64_t count = 0;
  uint64_t bytes = 0;
};

class RowSorter {
 public:
  /// `collator` as of SortKeys. `limit`: rows wanted; 0: all. `spill_directory`: empty when nothing
  /// may go to disk. Borrows `sort`; null: all rows come
  /// with keys.
  RowSorter(const plan::SortPattern* sort, std::shared_ptr<const collation::Collator> collator,
            uint64_t limit, std::string spill_directory);

  /// Copies. Errors: QueryExceededMemoryLimitNoDiskUseAllowed, OutOfDiskSpace, those of SortKeys.
  Status Add(const Row& row);
  /// The same with the bytes to sort by.
  Status AddWithKey(std::string_view key, const Row& row);
  /// No Add after this; Next begins at the first row.
  Status Finish();
  /// Moves to the next row; false at the end.
  Result<bool> Next();
  /// Valid until the next Next.
  const Row& row() const { return row_; }
  Spills spills() const;
  /// Of all rows that were added.
  uint64_t bytes_added() const { return bytes_added_; }

 private:
  struct Entry {
    std::string key;    // Ends with a sequence number, so that no two are equal.
    std::string bytes;  // As of value_.

    bool operator<(const Entry& other) const { return key < other.key; }
    size_t size() const { return sizeof(Entry) + key.size() + bytes.size(); }
  };

  /// Adds `row` under key_.
  Status AddRow(const Row& row);
  Status AddToHeap();
  void MakeSorter();
  void Show(std::string_view value);

  const uint64_t limit_;
  const std::string spill_directory_;
  std::optional<SortKeys> sort_keys_;
  uint64_t added_ = 0;
  uint64_t bytes_added_ = 0;
  std::string key_;
  std::string value_;  // Document, then suffix.
  // With a limit, as long as it fits: a heap, the last one first; sorted once finished.
  std::vector<Entry> entries_;
  size_t bytes_ = 0;
  MemoryShare share_;
  size_t next_ = 0;
  // Else: all rows.
  std::unique_ptr<index::Sorter> sorter_;
  uint64_t given_ = 0;
  Row row_;
};

}  // namespace cairn::exec
