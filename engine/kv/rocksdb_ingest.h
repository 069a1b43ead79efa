// SPDX-License-Identifier: Apache-2.0
// Sorted entries as table files of RocksDB.
// Thread safety: a TableSet belongs to one thread at a time.
#pragma once

#include <string>
#include <vector>

#include "engine/kv/rocksdb_database.h"
#include "engine/kv/store.h"

namespace cairn::kv {

/// Table files beside the store's, removed with this object unless they have been taken in.
class TableSet {
 public:
  /// `id` tells sets apart that are written at the same time.
  TableSet(const RocksDatabase& database, Family family, uint64_t id)
      : database_(database), family_(family), id_(id) {}
  ~TableSet();
  TableSet(const TableSet&) = delete;
  TableSet& operator=(const TableSet&) = delete;

  /// Writes and syncs the files.
  Status Write(const IngestSource& source);
  bool empty() const { return paths_.empty(); }
  /// Makes the files part of the store, all at once. While nothing is being committed.
  Status TakeIn();

 private:
  static constexpr uint64_t kFileBytes = uint64_t{64} << 20;

  const RocksDatabase& database_;
  const Family family_;
  const uint64_t id_;
  std::vector<std::string> paths_;
};

}  // namespace cairn::kv
