// SPDX-License-Identifier: Apache-2.0
// An open RocksDB with everything it borrows, and how it gets open: settings, recovery, the check
// against the high-water mark, the format version.
// Thread safety: after opening, any thread.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "engine/kv/commit_record.h"
#include "engine/kv/open.h"
#include "engine/kv/rocksdb_files.h"

namespace rocksdb {
class Cache;
class ColumnFamilyHandle;
class DB;
class WriteBufferManager;
}  // namespace rocksdb

namespace cairn::kv {

/// What RocksDB's background threads have to say.
struct Health {
  std::atomic<bool> disk_full{false};
  std::atomic<bool> background_failed{false};  ///< A flush or compaction; until recovered.
  /// RocksDB 7.8 has forgotten the error once it has recovered, but not that there was one: it no
  /// longer chooses numbers for tables to be taken in.
  std::atomic<bool> background_ever_failed{false};
  std::atomic<uint64_t> flushes{0};
  std::mutex mutex;
  std::function<void()> flushed;  ///< Guarded by mutex; called after each flush.
};

struct RocksDatabase {
  RocksDatabase() = default;
  RocksDatabase(const RocksDatabase&) = delete;
  RocksDatabase& operator=(const RocksDatabase&) = delete;
  ~RocksDatabase();

  rocksdb::ColumnFamilyHandle* family(Family which) const {
    return families[static_cast<size_t>(which)];
  }
  void Log(LogLevel level, std::string_view message) const {
    if (options.log) options.log(level, message);
  }

  OpenOptions options;
  std::shared_ptr<Health> health = std::make_shared<Health>();
  // In the order of dependence: later members use earlier ones.
  std::unique_ptr<StoreFiles> files;
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, key::kFamilyCount> families{};

  LastCommit recovered;
};

/// Errors as OpenRocksDb.
Result<std::unique_ptr<RocksDatabase>> OpenDatabase(const OpenOptions& options);

}  // namespace cairn::kv
