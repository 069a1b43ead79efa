// SPDX-License-Identifier: Apache-2.0
// The file system that RocksDB works on: the machine's, or another, with an eye on the logs and
// with what RocksDB leaves open when files fail or the power does:
//
//   1 Before the first write to a log, the log before it and both names are synced. So only the
//     newest log can lack bytes after a power cut, and what is recovered is always the commits up
//     to one of them. RocksDB syncs closed logs later, and takes a torn one for a whole one.
//   2 CURRENT is renamed once the manifest's name is there for good.
//   3 RocksDB ends the process (built with assertions, as Debian's is) when it is asked to sync a
//     log after a write to it has failed, and when it cannot list its archive. It is not asked, and
//     told of no archive.
// Thread safety: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/kv/open.h"
#include "engine/kv/rocksdb_synced_sizes.h"

namespace cairn::kv {

class WatchedFile;

/// What befell the write-ahead logs. Shared with the files that RocksDB keeps open. Whoever syncs
/// logs holds `syncing` and looks at write_failed first; a write that fails waits for `syncing`
/// before RocksDB hears of it.
struct LogHealth {
  std::atomic<bool> sync_failed{false};
  /// Until a write to another log succeeds, which RocksDB allows once it has put the old one right.
  std::atomic<bool> write_failed{false};
  std::mutex syncing;
  std::string failed_log;  // guarded by syncing

  std::mutex newest_mutex;
  /// The log that was written to last, while it is open. Changed under newest_mutex.
  std::atomic<WatchedFile*> newest{nullptr};
  /// Null, or where sizes are noted: of complete logs and of manifests at once, of the newest log
  /// by NoteNewestLog. Set before files are written.
  std::unique_ptr<SyncedSizes> sizes;

  void NoteNewestLog();
};

inline constexpr const char* kArchiveName = "archive";
bool IsLog(std::string_view name);
/// What follows the last slash.
std::string BaseName(const std::string& path);

/// `faults` may be null.
std::shared_ptr<rocksdb::FileSystem> WatchFileSystem(std::shared_ptr<rocksdb::FileSystem> target,
                                                     FileFaults* faults,
                                                     std::shared_ptr<LogHealth> log_health);

}  // namespace cairn::kv
