// SPDX-License-Identifier: Apache-2.0
// The RocksDB backend: puts the database, the commit section, durability and the log together.
// Thread safety: as Store.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "engine/kv/durability.h"
#include "engine/kv/latches.h"
#include "engine/kv/open.h"
#include "engine/kv/rocksdb_commit.h"
#include "engine/kv/rocksdb_database.h"
#include "engine/kv/rocksdb_log_keeper.h"
#include "engine/kv/rocksdb_read.h"
#include "engine/kv/store.h"
#include "engine/kv/verify_files.h"

namespace cairn::kv {

class RocksStore final : public Store, public FileChecker, private SyncTarget {
 public:
  explicit RocksStore(std::unique_ptr<RocksDatabase> database);
  ~RocksStore() override;

  Status Start();

  Limits limits() const override;
  std::unique_ptr<Reader> NewSnapshot() override;
  Result<bool> Get(Family family, std::string_view key, PinnedValue* value) override;
  std::unique_ptr<Transaction> Begin(const TransactionOptions& options) override;
  Result<CommitNumber> Commit(std::unique_ptr<Transaction> transaction) override;
  CommitNumber visible() const override { return section_.visible(); }
  CommitNumber durable() const override { return durability_.durable(); }
  Status WaitDurable(CommitNumber number) override { return durability_.WaitDurable(number); }
  void WhenDurable(CommitNumber number, std::function<void(const Status&)> done) override {
    durability_.WhenDurable(number, std::move(done));
  }
  Counts GetCounts(uint32_t collection_id) const override {
    return section_.GetCounts(collection_id);
  }
  Result<std::unique_ptr<LogReader>> ReadLog(CommitNumber after) override;
  bool WaitLog(CommitNumber after, int64_t timeout_ms) override {
    return durability_.WaitBeyond(after, timeout_ms);
  }
  std::shared_ptr<void> PinLog(CommitNumber after) override { return keeper_.Pin(after); }
  Status Ingest(Family family, const IngestSource& source) override;
  FileCheck CheckFiles(std::string_view from) override;
  Status DiscardTables(Family family, const Range& range) override;
  Status write_state() const override { return section_.write_state(); }
  std::vector<std::pair<std::string, uint64_t>> Metrics() const override;

 private:
  /// A snapshot and the newest commit that it sees.
  std::pair<std::unique_ptr<HeldSnapshot>, CommitNumber> TakeSnapshot();

  Status SyncLog() override;
  void MarkDurable(CommitNumber number) override;
  void Upkeep() override;

  const std::unique_ptr<RocksDatabase> database_;
  Limits limits_;
  Latches latches_;
  LogKeeper keeper_;
  CommitSection section_;
  Durability durability_;
  std::atomic<uint64_t> ingests_{0};
};

}  // namespace cairn::kv
