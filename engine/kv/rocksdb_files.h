// SPDX-License-Identifier: Apache-2.0
// The files of one RocksDB store: its directory on disk or in memory, the lock against a second
// opener, the high-water mark, and a file system that notices when syncing a write-ahead log fails.
//
//   STORE_LOCK    held while the store is open
//   HIGH_WATER    see commit_record.h; written by the sync thread
//   ingest-N.sst  being written by Ingest; removed at open
// Thread safety: WriteHighWater by one thread at a time; the rest from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/kv/commit_record.h"
#include "engine/kv/open.h"

namespace rocksdb {
class Env;
class FileLock;
class RandomRWFile;
}  // namespace rocksdb

namespace cairn::kv {

class StoreFiles {
 public:
  /// Makes the directory when it is missing and locks it. Errors: StoreLocked.
  static Result<std::unique_ptr<StoreFiles>> Open(const OpenOptions& options);
  ~StoreFiles();

  rocksdb::Env* env() const { return env_.get(); }
  const std::string& path() const { return path_; }
  /// Whether an fsync of a write-ahead log has failed.
  bool log_sync_failed() const { return *log_sync_failed_; }

  bool Exists(const std::string& name) const;
  /// Names of the write-ahead logs outside the archive, oldest first.
  std::vector<std::string> Logs() const;
  /// Any file of a store.
  bool HasRemains() const;
  /// What an earlier process wrote and did not sync before it ended.
  Status SyncLogs() const;
  void RemoveUnfinishedIngests() const;

  /// Nothing when there is no readable mark.
  std::optional<HighWater> ReadHighWater() const;
  Status WriteHighWater(CommitNumber number);

 private:
  StoreFiles();
  Status Lock();

  std::string path_;
  std::shared_ptr<std::atomic<bool>> log_sync_failed_;  // shared with files that RocksDB keeps open
  std::unique_ptr<rocksdb::Env> memory_env_;
  std::unique_ptr<rocksdb::Env> env_;
  rocksdb::FileLock* lock_ = nullptr;
  std::unique_ptr<rocksdb::RandomRWFile> mark_file_;
  uint64_t mark_writes_ = 0;
};

}  // namespace cairn::kv
