// SPDX-License-Identifier: Apache-2.0
// Opens the RocksDB backend, on disk or in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/log.h"
#include "cairn/status.h"
#include "engine/base/clock.h"
#include "engine/kv/store.h"

namespace rocksdb {
class FileSystem;
}  // namespace rocksdb

namespace cairn::kv {

/// Lets tests fail what a store does with its files. Called before each operation, from any thread.
class FileFaults {
 public:
  enum class Operation { kAppend, kSync };
  virtual ~FileFaults() = default;
  /// 0, or the errno that the operation on the file called `name` (without directories) fails with.
  virtual int Before(Operation operation, std::string_view name) = 0;
};

struct OpenOptions {
  /// The directory; made when missing. Ignored when in_memory.
  std::string path;
  /// Everything in RocksDB's in-memory environment: gone when the store is closed.
  bool in_memory = false;
  /// Memory of block cache and write buffers together.
  size_t cache_bytes = size_t{256} << 20;
  /// How much and how long the commit log is kept for readers.
  uint64_t log_bytes = uint64_t{1} << 30;
  uint64_t log_seconds = 24 * 3600;
  /// Unsynced commits nobody waits for are synced after this time.
  int64_t sync_interval_ms = 100;
  /// Open although synced commits are missing, accepting the loss.
  bool accept_data_loss = false;
  /// Leave all files as they are: no write is taken, and what can be read of damaged logs is shown
  /// without asking whether synced commits are missing. The store must exist.
  bool read_only = false;
  /// Memory in which an index build sorts, for the layer above.
  size_t build_sort_bytes = size_t{64} << 20;
  LogSink log;
  base::Clock* clock = base::Clock::System();
  /// Null, or what fails file operations; must outlive the store.
  FileFaults* file_faults = nullptr;
  /// Null, or what the files are on instead of the machine's file system, such as a simulated disk.
  /// Ignored when in_memory.
  std::shared_ptr<rocksdb::FileSystem> file_system;
};

/// Opens or creates a store. Errors: StoreLocked when another process has it open,
/// StoreFormatUnknown for an unknown or newer format version, and for a directory that holds
/// something else, into which nothing is written; DataCorruptionDetected naming the damaged file.
Result<std::unique_ptr<Store>> OpenRocksDb(const OpenOptions& options);

}  // namespace cairn::kv
