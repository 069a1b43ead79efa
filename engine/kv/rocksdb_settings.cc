// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_settings.h"

#include <rocksdb/advanced_options.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/sst_file_manager.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <mutex>

namespace cairn::kv {
namespace {

// A counts key as a whole.
constexpr size_t kCatalogHintBytes = 5;

class SinkLogger final : public rocksdb::Logger {
 public:
  explicit SinkLogger(LogSink sink)
      : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), sink_(std::move(sink)) {}

  using Logger::Logv;
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < rocksdb::InfoLogLevel::WARN_LEVEL || level > rocksdb::InfoLogLevel::FATAL_LEVEL) {
      return;
    }
    char line[1024];
    if (std::vsnprintf(line, sizeof(line), format, arguments) < 0) return;
    NoteDamage(line);
    if (!sink_) return;
    sink_(level >= rocksdb::InfoLogLevel::ERROR_LEVEL ? LogLevel::kError : LogLevel::kWarning,
          std::string("rocksdb: ") + line);
  }

  std::string damaged() const {
    std::lock_guard lock(mutex_);
    return damaged_;
  }

 private:
  // RocksDB's status for a damaged log does not say which one; its log line does:
  // "…/000004.log: dropping 123 bytes; Corruption: checksum mismatch".
  void NoteDamage(std::string_view line) {
    const size_t end = line.find(": dropping");
    if (end == std::string_view::npos) return;
    const std::string_view before = line.substr(0, end);
    if (!before.ends_with(".log")) return;
    std::lock_guard lock(mutex_);
    damaged_ = before.substr(before.find_last_of("/ ") + 1);
  }

  const LogSink sink_;
  mutable std::mutex mutex_;
  std::string damaged_;  // guarded by mutex_
};

class HealthListener final : public rocksdb::EventListener {
 public:
  explicit HealthListener(std::shared_ptr<Health> health) : health_(std::move(health)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                         rocksdb::Status* error) override {
    health_->background_ever_failed = true;
    health_->background_failed = true;
    if (error->IsNoSpace()) health_->disk_full = true;
  }
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override {
    if (!info.new_bg_error.ok()) return;
    health_->background_failed = false;
    health_->disk_full = false;
  }
  void OnFlushCompleted(rocksdb::DB* /*db*/, const rocksdb::FlushJobInfo& /*info*/) override {
    ++health_->flushes;
    std::lock_guard lock(health_->mutex);
    if (health_->flushed) health_->flushed();
  }

 private:
  const std::shared_ptr<Health> health_;
};

rocksdb::CompressionType FirstSupported(std::initializer_list<rocksdb::CompressionType> wanted) {
  static const std::vector<rocksdb::CompressionType> kSupported =
      rocksdb::GetSupportedCompressions();
  for (const rocksdb::CompressionType type : wanted) {
    if (std::find(kSupported.begin(), kSupported.end(), type) != kSupported.end()) return type;
  }
  return rocksdb::kNoCompression;
}

}  // namespace

rocksdb::ReadOptions ScanReadOptions() {
  rocksdb::ReadOptions options;
  options.ignore_range_deletions = true;
  return options;
}

size_t WriteBufferBytes(size_t cache_bytes) {
  return std::clamp<size_t>(cache_bytes / 4, size_t{1} << 20, size_t{256} << 20);
}

rocksdb::DBOptions MakeDatabaseOptions(RocksDatabase* database, Recovery recovery,
                                       std::shared_ptr<rocksdb::Logger> logger) {
  const size_t cache_bytes = std::max<size_t>(database->options.cache_bytes, size_t{4} << 20);
  const size_t buffer_bytes = WriteBufferBytes(cache_bytes);
  if (database->cache == nullptr) {
    // Not strict: with a strict limit, reads fail once blocks are pinned.
    database->cache = rocksdb::NewLRUCache(cache_bytes, -1, false, 0.3);
    // Charged to the cache, so that both together stay within it. The commit section stalls: with
    // its own stall RocksDB waits for ever once a flush has failed.
    database->write_buffers =
        std::make_shared<rocksdb::WriteBufferManager>(buffer_bytes, database->cache, false);
  }
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.env = database->files->env();
  options.info_log = logger;
  options.listeners.push_back(std::make_shared<HealthListener>(database->health));
  options.paranoid_checks = true;
  // Tolerating only a torn tail makes RocksDB report a damaged log instead of dropping synced data.
  options.wal_recovery_mode = recovery == Recovery::kTolerateTornTail
                                  ? rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords
                                  : rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.wal_compression = rocksdb::kNoCompression;
  options.recycle_log_file_num = 0;
  // SyncWAL with this on can make the next open fail with a false "Missing WAL" (RocksDB 7.8).
  options.track_and_verify_wals_in_manifest = false;
  options.write_buffer_manager = database->write_buffers;
  options.max_total_wal_size = std::max<uint64_t>(buffer_bytes, uint64_t{16} << 20);
  // RocksDB archives every log and deletes none: retention by bytes, age and pins is
  // ours (rocksdb_log_keeper.cc), because RocksDB's cannot be held back while it runs.
  options.WAL_ttl_seconds = uint64_t{100} * 365 * 24 * 3600;
  options.WAL_size_limit_MB = 0;
  options.max_open_files = 1000;
  options.max_background_jobs = 2;
  options.bytes_per_sync = 1 << 20;
  // One writer at a time by design: the concurrent memtable only costs.
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  options.avoid_unnecessary_blocking_io = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  // Without a file manager RocksDB does not come back by itself after a full disk.
  options.sst_file_manager.reset(
      rocksdb::NewSstFileManager(database->files->env(), std::move(logger)));
  return options;
}

rocksdb::ColumnFamilyOptions MakeFamilyOptions(const RocksDatabase& database, Family family) {
  const size_t buffer_bytes =
      WriteBufferBytes(std::max<size_t>(database.options.cache_bytes, size_t{4} << 20));
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = std::max<size_t>(buffer_bytes / 2, 256 << 10);
  options.max_write_buffer_number = 4;
  if (family == Family::kDocuments) {
    // Most lookups of an insert's _id find nothing: a filter spares the walk through the memtable.
    options.memtable_prefix_bloom_size_ratio = 0.02;
    options.memtable_whole_key_filtering = true;
  }
  options.level_compaction_dynamic_level_bytes = true;
  options.target_file_size_base =
      std::clamp<uint64_t>(options.write_buffer_size, uint64_t{2} << 20, uint64_t{64} << 20);
  options.max_bytes_for_level_base = options.target_file_size_base * 8;
  options.compression = FirstSupported({rocksdb::kLZ4Compression});
  options.bottommost_compression = FirstSupported({rocksdb::kZSTD, rocksdb::kLZ4Compression});
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = database.cache;
  table.block_size = 8 << 10;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  // Index and filter blocks count as cache, or memory has no bound.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  if (family == Family::kCatalog) {
    // Every commit puts the same few keys: the memtable remembers where each of them stands.
    options.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewCappedPrefixTransform(kCatalogHintBytes));
  } else {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

std::shared_ptr<rocksdb::Logger> NewSinkLogger(const LogSink& sink) {
  return std::make_shared<SinkLogger>(sink);
}

std::string DamagedLog(const rocksdb::Logger& logger) {
  return static_cast<const SinkLogger&>(logger).damaged();
}

}  // namespace cairn::kv
