// SPDX-License-Identifier: Apache-2.0
// Reads of an open RocksDB: single keys, many keys, scans, and the reader of one snapshot.
// Thread safety: the functions from any thread; a reader and its scans belong to one thread at a
// time.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/kv/rocksdb_database.h"
#include "engine/kv/store.h"

namespace rocksdb {
class Snapshot;
}  // namespace rocksdb

namespace cairn::kv {

/// `snapshot` null: the newest commits.
Result<bool> ReadOne(const RocksDatabase& database, const rocksdb::Snapshot* snapshot,
                     Family family, std::string_view key, PinnedValue* value);
Status ReadMany(const RocksDatabase& database, const rocksdb::Snapshot* snapshot, Family family,
                std::span<const std::string_view> keys, std::vector<PinnedValue>* values);
/// With a null snapshot the scan sees one state all the same: that of now.
std::unique_ptr<Scan> ScanRange(const RocksDatabase& database, const rocksdb::Snapshot* snapshot,
                                Family family, const Range& range, const ScanOptions& options);

/// Releases a snapshot when it goes.
class HeldSnapshot {
 public:
  explicit HeldSnapshot(const RocksDatabase& database);
  ~HeldSnapshot();
  HeldSnapshot(const HeldSnapshot&) = delete;
  HeldSnapshot& operator=(const HeldSnapshot&) = delete;

  const rocksdb::Snapshot* get() const { return snapshot_; }
  uint64_t sequence() const;

 private:
  const RocksDatabase& database_;
  const rocksdb::Snapshot* snapshot_;
};

class SnapshotReader final : public Reader {
 public:
  SnapshotReader(const RocksDatabase& database, std::unique_ptr<HeldSnapshot> snapshot,
                 CommitNumber read_number)
      : database_(database), snapshot_(std::move(snapshot)), read_number_(read_number) {}

  Result<bool> Get(Family family, std::string_view key, PinnedValue* value) override {
    return ReadOne(database_, snapshot_->get(), family, key, value);
  }
  Status MultiGet(Family family, std::span<const std::string_view> keys,
                  std::vector<PinnedValue>* values) override {
    return ReadMany(database_, snapshot_->get(), family, keys, values);
  }
  std::unique_ptr<Scan> NewScan(Family family, const Range& range,
                                const ScanOptions& options) override {
    return ScanRange(database_, snapshot_->get(), family, range, options);
  }
  CommitNumber read_number() const override { return read_number_; }

 private:
  const RocksDatabase& database_;
  const std::unique_ptr<HeldSnapshot> snapshot_;
  const CommitNumber read_number_;
};

}  // namespace cairn::kv
