// SPDX-License-Identifier: Apache-2.0
// How long each log and manifest was known to be on disk, so that one that is cut short or damaged
// below that is noticed: RocksDB takes the end of such a file for the end of what was written.
//
//   file SYNCED_SIZES := entry*
//   entry             := kind and number u64, bytes u64, FNV-1a of these 16 bytes u64;
//   little-endian kind and number   := the number in the file's name; for a manifest + 2^63
//
// The last entry of a file counts. Entries are added after a sync and not synced themselves: what
// is lost of them only weakens the check. Part of the on-disk format: never change. Thread safety:
// any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cairn/status.h"

namespace rocksdb {
class FileSystem;
class FSWritableFile;
}  // namespace rocksdb

namespace cairn::kv {

class SyncedSizes {
 public:
  /// `directory` ends with a slash.
  SyncedSizes(std::shared_ptr<rocksdb::FileSystem> files, std::string directory);
  ~SyncedSizes();
  SyncedSizes(const SyncedSizes&) = delete;
  SyncedSizes& operator=(const SyncedSizes&) = delete;

  /// Logs and manifests; no other file is noted.
  static bool Covers(const std::string& name);

  /// Reads what an earlier process noted. `writable`: forgets files that are gone, and takes notes
  /// from now on.
  Status Load(bool writable);
  /// Notes that `bytes` of the file are on disk.
  void Note(const std::string& name, uint64_t bytes);
  /// What is noted; 0 when nothing is.
  uint64_t Find(const std::string& name) const;
  /// Files of the directory that are shorter than noted.
  std::vector<std::string> FindShort() const;

 private:
  static constexpr size_t kEntriesMax = 4096;

  void Rewrite();

  const std::shared_ptr<rocksdb::FileSystem> files_;
  const std::string directory_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::map<uint64_t, uint64_t> sizes_;
  std::unique_ptr<rocksdb::FSWritableFile> file_;  // null: not to be written
  size_t entries_ = 0;
};

}  // namespace cairn::kv
