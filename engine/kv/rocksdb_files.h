// SPDX-License-Identifier: Apache-2.0
// The files of one RocksDB store: its directory on disk or in memory, the lock against a second
// opener, the high-water mark.
//
//   STORE_LOCK    held while the store is open
//   HIGH_WATER    see commit_record.h; written by the sync thread
//   ingest-N.sst  being written by Ingest; removed at open
//   SYNCED_SIZES  see rocksdb_synced_sizes.h
//   DROP_HISTORY  there while the logs from before a damage are being removed
// Thread safety: WriteHighWater by one thread at a time; the rest from any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/kv/commit_record.h"
#include "engine/kv/open.h"
#include "engine/kv/rocksdb_watched_fs.h"

namespace rocksdb {
class Env;
class FileLock;
class RandomRWFile;
}  // namespace rocksdb

namespace cairn::kv {

class StoreFiles {
 public:
  /// Makes the directory, for good, when it is missing and locks it. Errors: StoreLocked;
  /// StoreFormatUnknown for a directory with files that no store has; DataCorruptionDetected for a
  /// store without CURRENT; NamespaceNotFound when options.read_only and there is no store.
  static Result<std::unique_ptr<StoreFiles>> Open(const OpenOptions& options);
  ~StoreFiles();

  rocksdb::Env* env() const { return env_.get(); }
  const std::string& path() const { return path_; }
  OpenLogs& open_logs() const { return *open_logs_; }

  bool Exists(const std::string& name) const;
  /// The manifest that CURRENT names and that is there. Error DataCorruptionDetected.
  Result<std::string> CurrentManifest() const;
  /// Names of the write-ahead logs outside the archive, oldest first.
  std::vector<std::string> Logs() const;
  /// What an earlier process wrote and did not sync before it ended.
  Status SyncLogs() const;
  void RemoveUnfinishedIngests() const;
  /// Where the first damage of a log begins, looking from a block at `from` on, or its size. Error
  /// OperationFailed: it cannot be read.
  Result<uint64_t> SoundBytes(const std::string& log, uint64_t from = 0) const;
  /// Where in a log or manifest that was synced farther the first damage begins, looked for as
  /// SoundBytes does; "": nowhere. RocksDB passes over some damage, such as zeros.
  Result<std::string> DamageOf(const std::string& name, uint64_t from = 0) const;
  /// Where the last block of a log begins.
  Result<uint64_t> LastBlock(const std::string& log) const;
  /// Notes for good that all logs of now are to be removed once what they hold is in tables.
  Status CondemnHistory() const;
  bool history_condemned() const;
  /// Removes `logs` and all archived ones for good, then the note.
  Status DropHistory(const std::vector<std::string>& logs) const;
  /// Removals from the archive last, in their order, so that no hole comes into it.
  Status SyncArchive() const;

  /// Nothing when there is no readable mark.
  std::optional<HighWater> ReadHighWater() const;
  /// The first write makes the file, for good.
  Status WriteHighWater(CommitNumber number);

 private:
  StoreFiles();
  Status CheckDirectory(bool read_only) const;
  Status Lock();
  Status SyncDirectory(const std::string& path) const;

  std::string path_;
  std::shared_ptr<OpenLogs> open_logs_;
  std::unique_ptr<rocksdb::Env> memory_env_;
  std::unique_ptr<rocksdb::Env> env_;
  rocksdb::FileLock* lock_ = nullptr;
  std::unique_ptr<rocksdb::RandomRWFile> mark_file_;
  uint64_t mark_writes_ = 0;
};

}  // namespace cairn::kv
