// SPDX-License-Identifier: Apache-2.0
// Where commits stand in RocksDB's log, and how long the log is kept. RocksDB archives its
// write-ahead logs and deletes none; Retain deletes the oldest by bytes and age, but none that a
// pin still needs. (RocksDB's own retention cannot be held back while it runs, and
// DisableFileDeletions would also keep every table that compaction replaces.) Thread safety: any
// thread.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "engine/kv/rocksdb_database.h"

namespace cairn::kv {

class LogKeeper {
 public:
  explicit LogKeeper(const RocksDatabase& database);

  /// Reads the sparse positions of an opened store.
  Status Load();

  /// `number` stands at RocksDB's `sequence` or after it. Ascending.
  void AddPosition(CommitNumber number, uint64_t sequence);
  /// A RocksDB sequence from which on `number` is found.
  uint64_t SequenceBefore(CommitNumber number) const;
  /// Up to `count_max` positions that retention has passed: to be deleted with the next commit.
  std::vector<CommitNumber> TakeForgotten(size_t count_max);

  std::shared_ptr<void> Pin(CommitNumber after);
  /// Deletes archived logs that are too old or too much.
  void Retain();

  uint64_t log_bytes() const;

 private:
  struct Pins {
    std::mutex mutex;
    std::multiset<CommitNumber> after;  // guarded by mutex
  };

  const RocksDatabase& database_;
  // Shared with the handles, which may outlive the store.
  const std::shared_ptr<Pins> pins_ = std::make_shared<Pins>();
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::deque<std::pair<CommitNumber, uint64_t>> positions_;  // (commit, sequence), ascending
  uint64_t oldest_sequence_ = 0;                             // of the log that is left
  uint64_t log_bytes_ = 0;
};

}  // namespace cairn::kv
