// SPDX-License-Identifier: Apache-2.0
#include "bench/rocksdb_baseline.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace cairn::bench {
namespace {

void Check(const rocksdb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "raw RocksDB: %s\n", status.ToString().c_str());
  std::exit(1);
}

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct Baseline::Impl {
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::ColumnFamilyHandle* catalog = nullptr;
  rocksdb::ColumnFamilyHandle* documents = nullptr;
  rocksdb::ColumnFamilyHandle* indexes = nullptr;

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

Baseline::Baseline(const std::string& path) : impl_(std::make_unique<Impl>()) {
  auto cache = rocksdb::NewLRUCache(size_t{256} << 20);
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.max_background_jobs = 2;
  options.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(size_t{128} << 20, cache);
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {"default", family}, {"documents", family}, {"indexes", family}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  Check(rocksdb::DB::Open(options, path, families, &handles, &db));
  impl_->db.reset(db);
  impl_->catalog = handles[0];
  impl_->documents = handles[1];
  impl_->indexes = handles[2];
}

Baseline::~Baseline() {
  for (rocksdb::ColumnFamilyHandle* handle : {impl_->catalog, impl_->documents, impl_->indexes}) {
    impl_->db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
}

void Baseline::Put(std::string_view key, std::string_view document, std::string_view log_record) {
  impl_->Write(key, document, log_record, false);
}

void Baseline::PutDurable(std::string_view key, std::string_view document,
                          std::string_view log_record) {
  impl_->Write(key, document, log_record, true);
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
