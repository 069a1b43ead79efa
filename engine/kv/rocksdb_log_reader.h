// SPDX-License-Identifier: Apache-2.0
// Reads durable commits from RocksDB's write-ahead logs, live and archived, in order and each once.
//
// RocksDB's own iterator ends at sequence jumps (an ingestion, a write that failed), at the end of
// the files that it knew when it was made, and says nothing about a missing file. So each of these
// is answered with a new iterator behind the last commit, and what counts is only whether the
// wanted commit number, which is known to be durable, turns up. Thread safety: one thread at a
// time.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/kv/rocksdb_database.h"
#include "engine/kv/rocksdb_log_keeper.h"
#include "engine/kv/store.h"

namespace rocksdb {
class TransactionLogIterator;
class WriteBatch;
}  // namespace rocksdb

namespace cairn::kv {

class RocksLogReader final : public LogReader {
 public:
  RocksLogReader(const RocksDatabase& database, const LogKeeper& keeper,
                 std::function<CommitNumber()> durable, CommitNumber after);
  ~RocksLogReader() override;

  Result<bool> Next(LogEntry* entry) override;
  bool FindPut(Family family, std::string_view key, std::string_view* value) const override;

 private:
  class BatchParser;
  struct Operation {
    Family family;
    bool put;
    std::string_view key;
    std::string_view value;
  };
  /// A commit within the batch: its operations are [begin, end) of operations_.
  struct Commit {
    LogEntry entry;
    size_t begin;
    size_t end;
  };
  static constexpr int kReopensMax = 3;
  static constexpr size_t kLinearMax = 16;

  bool NextInBatch(LogEntry* entry);
  bool NextBatch();
  Result<bool> Parse();
  Status Missing() const;
  CommitNumber OldestKept() const;

  const RocksDatabase& database_;
  const LogKeeper& keeper_;
  const std::function<CommitNumber()> durable_;
  CommitNumber next_;      // the commit that is wanted
  uint64_t sequence_ = 0;  // where to look for it: behind the last batch that was read
  std::unique_ptr<rocksdb::TransactionLogIterator> iterator_;
  std::unique_ptr<rocksdb::WriteBatch> batch_;
  std::vector<Commit> commits_;        // of batch_
  std::vector<Operation> operations_;  // of batch_
  size_t at_ = 0;                      // the next of commits_
  const Commit* current_ = nullptr;
  mutable std::vector<const Operation*> sorted_;  // of current_, once FindPut needed it
};

}  // namespace cairn::kv
