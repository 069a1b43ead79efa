// SPDX-License-Identifier: Apache-2.0
#include "bench/rocksdb_baseline.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace cairn::bench {
namespace {

/// What Cairn gives to write buffers under its default memory of 256 MiB.
constexpr size_t kBufferBytes = size_t{64} << 20;

void Check(const rocksdb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "raw RocksDB: %s\n", status.ToString().c_str());
  std::exit(1);
}

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct Baseline::Impl {
  /// What Cairn's relaxed writes get as well: the log is synced within 100 ms.
  void SyncNowAndThen() {
    while (!stopping) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      if (unsynced.exchange(false)) Check(db->SyncWAL());
    }
  }

  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::ColumnFamilyHandle* catalog = nullptr;
  rocksdb::ColumnFamilyHandle* documents = nullptr;
  rocksdb::ColumnFamilyHandle* indexes = nullptr;
  std::atomic<bool> unsynced{false};
  std::atomic<bool> stopping{false};
  std::thread syncer;

  void Write(std::string_view key, std::string_view document, std::string_view log_record,
             bool sync) {
    rocksdb::WriteBatch batch;
    Check(batch.Put(documents, ToSlice(key), ToSlice(document)));
    Check(batch.Put(catalog, rocksdb::Slice("\x04\0\0\0\1", 5),
                    rocksdb::Slice("0123456789abcdef0123456789abcdef", 32)));
    Check(batch.PutLogData(ToSlice(log_record)));
    rocksdb::WriteOptions options;
    options.sync = sync;
    Check(db->Write(options, &batch));
  }
};

Baseline::Baseline(const std::string& path, Families wanted) : impl_(std::make_unique<Impl>()) {
  auto cache = rocksdb::NewLRUCache(size_t{256} << 20);
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.max_background_jobs = 2;
  options.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(kBufferBytes, cache, true);
  options.max_total_wal_size = kBufferBytes;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = kBufferBytes / 2;
  family.max_write_buffer_number = 4;
  family.level_compaction_dynamic_level_bytes = true;
  family.target_file_size_base = kBufferBytes / 2;
  family.max_bytes_for_level_base = kBufferBytes * 4;
  family.compression = rocksdb::kLZ4Compression;
  table.block_size = 8 << 10;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {"default", family}, {"documents", family}, {"indexes", family}};
  if (wanted == Families::kOne) families.resize(1);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  Check(rocksdb::DB::Open(options, path, families, &handles, &db));
  impl_->db.reset(db);
  impl_->handles = handles;
  impl_->catalog = handles.front();
  impl_->documents = handles[handles.size() / 2];
  impl_->indexes = handles.back();
  impl_->syncer = std::thread([this] { impl_->SyncNowAndThen(); });
}

Baseline::~Baseline() {
  impl_->stopping = true;
  impl_->syncer.join();
  for (rocksdb::ColumnFamilyHandle* handle : impl_->handles) {
    impl_->db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
}

void Baseline::Put(std::string_view key, std::string_view document, std::string_view log_record) {
  impl_->Write(key, document, log_record, false);
  impl_->unsynced.store(true, std::memory_order_relaxed);
}

void Baseline::PutDurable(std::string_view key, std::string_view document,
                          std::string_view log_record) {
  impl_->Write(key, document, log_record, true);
}

void Baseline::PutAll(const std::vector<Entry>& entries, std::string_view log_record) {
  rocksdb::WriteBatch batch;
  rocksdb::ColumnFamilyHandle* const handles[] = {impl_->catalog, impl_->documents, impl_->indexes};
  for (const Entry& entry : entries) {
    Check(batch.Put(handles[entry.family], ToSlice(entry.key), ToSlice(entry.value)));
  }
  Check(batch.PutLogData(ToSlice(log_record)));
  Check(impl_->db->Write(rocksdb::WriteOptions(), &batch));
  impl_->unsynced.store(true, std::memory_order_relaxed);
}

std::string Baseline::GetIndexed(std::string_view key) {
  std::string value;
  const rocksdb::Status status =
      impl_->db->Get(rocksdb::ReadOptions(), impl_->indexes, ToSlice(key), &value);
  if (!status.IsNotFound()) Check(status);
  return value;
}

void Baseline::ScanIndex(std::string_view prefix, std::string_view key, int count,
                         const std::function<void(std::string_view, std::string_view)>& use) {
  std::unique_ptr<rocksdb::Iterator> it(
      impl_->db->NewIterator(rocksdb::ReadOptions(), impl_->indexes));
  it->Seek(ToSlice(key));
  for (; count > 0 && it->Valid() && it->key().starts_with(ToSlice(prefix)); --count, it->Next()) {
    use({it->key().data(), it->key().size()}, {it->value().data(), it->value().size()});
  }
  Check(it->status());
}

void Baseline::MultiGet(const std::vector<std::string>& keys,
                        const std::function<void(std::string_view)>& use) {
  std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  impl_->db->MultiGet(rocksdb::ReadOptions(), impl_->documents, keys.size(), slices.data(),
                      values.data(), statuses.data());
  for (size_t i = 0; i < keys.size(); ++i) {
    Check(statuses[i]);
    use({values[i].data(), values[i].size()});
  }
}

void Baseline::ScanPairs(std::string_view prefix,
                         const std::function<void(std::string_view, std::string_view)>& use) {
  std::unique_ptr<rocksdb::Iterator> it(
      impl_->db->NewIterator(rocksdb::ReadOptions(), impl_->documents));
  for (it->Seek(ToSlice(prefix)); it->Valid() && it->key().starts_with(ToSlice(prefix));
       it->Next()) {
    use({it->key().data(), it->key().size()}, {it->value().data(), it->value().size()});
  }
  Check(it->status());
}

void Baseline::Get(std::string_view key, const std::function<void(std::string_view)>& use) {
  rocksdb::PinnableSlice value;
  Check(impl_->db->Get(rocksdb::ReadOptions(), impl_->documents, ToSlice(key), &value));
  use({value.data(), value.size()});
}

void Baseline::Scan(std::string_view prefix, const std::function<void(std::string_view)>& use) {
  std::unique_ptr<rocksdb::Iterator> it(
      impl_->db->NewIterator(rocksdb::ReadOptions(), impl_->documents));
  for (it->Seek(ToSlice(prefix)); it->Valid() && it->key().starts_with(ToSlice(prefix));
       it->Next()) {
    use({it->value().data(), it->value().size()});
  }
  Check(it->status());
}

}  // namespace cairn::bench
