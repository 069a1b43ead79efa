// SPDX-License-Identifier: Apache-2.0
// Every setting of RocksDB that Cairn chooses, with the reason beside it; and the receiver of
// RocksDB's own log. For rocksdb_*.cc.
#pragma once

#include <memory>
#include <string>

#include "engine/kv/rocksdb_database.h"

namespace rocksdb {
struct ColumnFamilyOptions;
struct DBOptions;
struct ReadOptions;
class Logger;
}  // namespace rocksdb

namespace cairn::kv {

enum class Recovery { kTolerateTornTail, kPointInTime };

/// For every iterator. No range deletion is ever written, and an iterator that heeds them (RocksDB
/// 7.8, MergingIterator::SkipNextDeleted) ends without an error where it cannot read the first
/// block of a level's second or later table.
rocksdb::ReadOptions ScanReadOptions();

/// How much of the cache's bytes write buffers may take.
size_t WriteBufferBytes(size_t cache_bytes);

/// Makes database->cache and database->write_buffers on the first call.
rocksdb::DBOptions MakeDatabaseOptions(RocksDatabase* database, Recovery recovery,
                                       std::shared_ptr<rocksdb::Logger> logger);
rocksdb::ColumnFamilyOptions MakeFamilyOptions(const RocksDatabase& database, Family family);

/// Passes warnings and errors on to the sink, and remembers the write-ahead log that RocksDB called
/// damaged last.
std::shared_ptr<rocksdb::Logger> NewSinkLogger(const LogSink& sink);
std::string DamagedLog(const rocksdb::Logger& logger);

}  // namespace cairn::kv
