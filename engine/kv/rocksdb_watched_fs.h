// SPDX-License-Identifier: Apache-2.0
// The file system that RocksDB works on: the machine's, or another, with an eye on the logs and
// with what RocksDB leaves open when files fail or the power does:
//
//   1 Before the first write to a log, the log before it and both names are synced. So only the
//     newest log can lack bytes after a power cut, what is recovered is always the commits up to
//     one of them, and to sync the newest log is to sync all commits. RocksDB by itself syncs
//     closed logs later, and takes a torn one for a whole one.
//   2 A log whose sync has failed is never synced again, so that RocksDB flushes nothing that
//     relies on it: the kernel forgets what it could not write.
//   3 CURRENT is renamed once the manifest's name is there for good.
//   4 RocksDB ends the process (built with assertions, as Debian's is) when DB::SyncWAL meets a log
//     that has seen an error, and when it cannot list its archive. The first is not called, and it
//     is told of no archive.
//   5 Once a write or sync of a manifest has failed, tables stay: the manifest may name those that
//     RocksDB gives up and removes, and the store would not open. Opening removes what is not
//     named.
//   6 A table that is to be taken in opens with its ends in memory; see rocksdb_new_table.h.
// Thread safety: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/kv/open.h"
#include "engine/kv/rocksdb_new_table.h"
#include "engine/kv/rocksdb_synced_sizes.h"

namespace cairn::kv {

class WatchedFile;

/// The write-ahead logs, what befell the manifest, and tables to be taken in. Shared with the files
/// that RocksDB keeps open.
struct OpenLogs {
  std::atomic<bool> manifest_failed{false};
  std::mutex newest_mutex;
  /// The log that was written to last, while it is open. Changed under newest_mutex.
  std::atomic<WatchedFile*> newest{nullptr};
  /// Null, or where sizes are noted: of complete logs and of manifests at once, of the newest log
  /// by NoteNewest. Set before files are written.
  std::unique_ptr<SyncedSizes> sizes;
  NewTables new_tables;

  /// Everything that was written to logs before is on disk when this returns ok.
  Status SyncNewest();
  void NoteNewest();
};

inline constexpr const char* kArchiveName = "archive";
bool IsLog(std::string_view name);
/// What follows the last slash.
std::string BaseName(const std::string& path);

/// `faults` may be null.
std::shared_ptr<rocksdb::FileSystem> WatchFileSystem(std::shared_ptr<rocksdb::FileSystem> target,
                                                     FileFaults* faults,
                                                     std::shared_ptr<OpenLogs> logs);

}  // namespace cairn::kv
