// SPDX-License-Identifier: Apache-2.0
// The documents of one partition of $setWindowFields, in order and for access in any order: in
// memory up to exec::kOperatorBytesMax, beyond that in an unlinked temporary file, of which a few
// blocks are kept. Thread safety: belongs to its stage.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/index/temporary_file.h"
#include "query/exec/read_context.h"
#include "query/exec/row_sorter.h"

namespace cairn::pipeline {

class Partition {
 public:
  /// So many documents may be looked at, one after another, before the view of the first is
  /// invalid.
  static constexpr size_t kViewsMin = 16;

  /// `spill_directory`: empty when nothing may go to disk. Keeps about `bytes_max` in memory.
  explicit Partition(std::string spill_directory, size_t bytes_max = exec::kOperatorBytesMax)
      : spill_bytes_(bytes_max), file_(std::move(spill_directory)) {}

  /// Copies. `sort_key`: equal for documents that the sort does not tell apart. Errors:
  /// ExceededMemoryLimit, OutOfDiskSpace.
  Status Add(bson::View document, std::string_view sort_key);

  size_t size() const { return rows_.size(); }
  /// Empty after an error of status().
  bson::View document(size_t row) const;
  /// Whether the sort does not tell it from the row before.
  bool IsTied(size_t row) const { return rows_[row].is_tied; }
  /// The first error of reading.
  const Status& status() const { return status_; }
  /// The most that was held in memory.
  size_t bytes() const { return rows_.size() * sizeof(Row) + bytes_max_; }
  exec::Spills spills() const { return {file_.size() > 0 ? 1U : 0U, file_.size()}; }

 private:
  struct Row {
    uint64_t offset : 63;
    uint64_t is_tied : 1;
  };
  struct Block {
    uint64_t begin = 0;
    uint64_t used = 0;  // When it was looked at.
    std::string bytes;
  };

  Status Spill();
  /// The bytes of the file from `offset` on, at least `count`; null after an error.
  const char* Read(uint64_t offset, size_t count) const;

  const size_t spill_bytes_;
  std::vector<Row> rows_;
  std::string last_sort_key_;
  std::vector<std::string> blocks_;  // Of kBlockBytes each, unless a document is larger.
  std::vector<uint64_t> begins_;     // Of blocks_, as offsets.
  size_t bytes_ = 0;                 // In blocks_.
  size_t bytes_max_ = 0;
  MemoryShare share_;
  index::TemporaryFile file_;
  mutable std::array<Block, kViewsMin> read_;
  mutable uint64_t clock_ = 0;
  mutable Status status_;
};

}  // namespace cairn::pipeline
