// SPDX-License-Identifier: Apache-2.0
// Sorts any number of key-value pairs in bounded memory: sorted runs go to one unlinked temporary
// file and are merged while they are read. Without a directory (stores in memory) nothing can be
// spilled.
//
//   run  := pair*
//   pair := key length u32 LE, value length u32 LE, key, value
//
// Thread safety: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/status.h"
#include "cairn/work_memory.h"
#include "engine/index/temporary_file.h"

namespace cairn::index {

class Sorter {
 public:
  /// Keeps about `bytes_max` in memory, or less where WorkMemory has no more. The temporary
  /// file goes to `directory`. `what` is who sorts, for the error of a sort that has no directory;
  /// null: the caller minds bytes().
  Sorter(std::string directory, size_t bytes_max, const char* what);
  ~Sorter();
  Sorter(const Sorter&) = delete;
  Sorter& operator=(const Sorter&) = delete;

  /// Errors: OutOfDiskSpace, OperationFailed, QueryExceededMemoryLimitNoDiskUseAllowed, and those
  /// of the thread's deadline.
  Status Add(std::string_view key, std::string_view value);
  /// No Add after this; Next begins at the smallest key.
  Status Finish();
  /// Pairs in key order; equal keys follow each other. False at the end. Valid until the next call.
  Result<bool> Next(std::string_view* key, std::string_view* value);
  /// Memory that the pairs take.
  size_t bytes() const { return arena_.size() + items_.size() * sizeof(Item); }
  /// Pairs added.
  uint64_t size() const { return size_; }
  /// Runs that did not stay in memory.
  size_t spilled_runs() const { return spilled_runs_; }
  /// Their bytes.
  uint64_t spilled_bytes() const { return spilled_bytes_; }

 private:
  class Run;
  struct Item {
    uint64_t prefix;  // The first bytes of the key, big-endian: most comparisons end here.
    uint64_t offset;
    uint32_t key_bytes;
    uint32_t value_bytes;
  };

  std::string_view KeyOf(const Item& item) const {
    return {arena_.data() + item.offset, item.key_bytes};
  }
  Status Sort();
  Status Spill();
  /// Writes one pair of a run to `file`, through `buffer`.
  static Status Write(std::string_view key, std::string_view value, TemporaryFile* file,
                      std::string* buffer);
  /// Begins to merge runs [begin, end).
  Status BeginMerge(size_t begin, size_t end);
  /// The next pair of the merge.
  Result<bool> NextMerged(std::string_view* key, std::string_view* value);
  /// Memory that merging so many runs takes at most.
  size_t MergeBytes(size_t runs) const;
  /// Merges so many runs at a time into one each.
  Status MergePass(size_t fan_in);
  static bool After(const Run* a, const Run* b);

  const size_t bytes_max_;
  const char* const what_;
  uint64_t size_ = 0;
  MemoryShare share_;
  // Pairs that are in memory: `next_` is the first unread one after Finish.
  std::string arena_;
  std::vector<Item> items_;
  size_t next_ = 0;
  // Pairs that were spilled.
  std::unique_ptr<TemporaryFile> file_;
  size_t pair_bytes_max_ = 0;
  uint64_t spilled_runs_ = 0;
  uint64_t spilled_bytes_ = 0;
  std::vector<std::unique_ptr<Run>> runs_;
  std::vector<Run*> heap_;  // Of runs with pairs left, the smallest key on top.
  Run* current_ = nullptr;  // The run whose pair the last Next gave.
};

}  // namespace cairn::index
