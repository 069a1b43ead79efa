// SPDX-License-Identifier: Apache-2.0
// RocksDB reads the first and the last block of a table that it takes in, for the range of its
// keys, and does not look whether that worked: without the first one it takes in a table that no
// read finds, without the last one it ends the process (built with assertions). So a table that is
// to be taken in opens with both blocks in memory, or does not open.
// Thread safety: any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace rocksdb {
class FSRandomAccessFile;
class IOStatus;
}  // namespace rocksdb

namespace cairn::kv {

/// Where the first block of a table ends and its last block begins.
struct TableEnds {
  uint64_t first_end = 0;
  uint64_t last_begin = 0;
};

/// The tables that are to be taken in, by path.
class NewTables {
 public:
  void Add(const std::string& path, TableEnds ends);
  void Remove(const std::string& path);
  std::optional<TableEnds> Find(const std::string& path) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, TableEnds> ends_;  // guarded by mutex_
};

/// Makes `file`, of `bytes` bytes, one that has its ends in memory: all up to the end of the first
/// block, and all from the beginning of the last.
rocksdb::IOStatus KeepEnds(TableEnds ends, uint64_t bytes,
                           std::unique_ptr<rocksdb::FSRandomAccessFile>* file);

}  // namespace cairn::kv
