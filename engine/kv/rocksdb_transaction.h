// SPDX-License-Identifier: Apache-2.0
// A transaction over RocksDB: buffered writes, reads through them, latches on keys read for update.
//
// A snapshot transaction takes no latches: once another holder of the key commits, its snapshot is
// too old anyway, and a session that waits for its client must not hold others up. It fails early
// instead. Thread safety: one thread at a time.
#pragma once

#include <memory>

#include "engine/kv/pending_commit.h"
#include "engine/kv/rocksdb_commit.h"
#include "engine/kv/rocksdb_read.h"

namespace cairn::kv {

class RocksTransaction final : public Transaction {
 public:
  /// `snapshot` null: reads see the newest commits.
  RocksTransaction(const RocksDatabase& database, const CommitSection& section, Latches* latches,
                   const Limits& limits, std::unique_ptr<HeldSnapshot> snapshot,
                   CommitNumber read_number);

  // A thread keeps the memory of its last transaction for its next one: with its arena it is too
  // large for the allocator's own cache.
  static void* operator new(size_t size);
  static void operator delete(void* memory);

  Result<bool> Get(Family family, std::string_view key, PinnedValue* value) override;
  Status MultiGet(Family family, std::span<const std::string_view> keys,
                  std::vector<PinnedValue>* values) override;
  std::unique_ptr<Scan> NewScan(Family family, const Range& range,
                                const ScanOptions& options) override;
  CommitNumber read_number() const override;
  Result<bool> GetForUpdate(Family family, std::string_view key, PinnedValue* value) override;
  Status LockForUpdate(Family family, std::string_view key) override;
  Status Put(Family family, std::string_view key, std::string_view value) override;
  Status Delete(Family family, std::string_view key) override;
  Status DeleteRange(Family family, const Range& range) override;
  void AddCounts(uint32_t collection_id, int64_t documents, int64_t bytes) override;
  void DropCounts(uint32_t collection_id) override;
  void AppendLog(std::string_view bytes) override { pending_.log += bytes; }
  size_t write_bytes() const override { return pending_.writes.bytes() + pending_.log.size(); }

  /// What to commit, or why it cannot be.
  Result<PendingCommit*> Finish();
  const RocksDatabase& database() const { return database_; }

 private:
  Status Room(std::string_view key, size_t bytes) const;
  const rocksdb::Snapshot* snapshot() const { return snapshot_ ? snapshot_->get() : nullptr; }

  const RocksDatabase& database_;
  const CommitSection& section_;
  const Limits& limits_;
  const std::unique_ptr<HeldSnapshot> snapshot_;
  PendingCommit pending_;
  bool conflicted_ = false;
};

}  // namespace cairn::kv
