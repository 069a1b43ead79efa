// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_new_table.h"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace cairn::kv {
namespace {

rocksdb::IOStatus ReadWhole(const rocksdb::FSRandomAccessFile& file, uint64_t offset,
                            uint64_t bytes, std::string* to) {
  if (bytes == 0) return rocksdb::IOStatus::OK();  // RocksDB's own file system fails at this
  to->resize(bytes);
  rocksdb::Slice read;
  rocksdb::IOStatus status = file.Read(offset, bytes, {}, &read, to->data(), nullptr);
  if (!status.ok()) return status;
  if (read.size() != bytes) return rocksdb::IOStatus::IOError("a new table is too short");
  if (read.data() != to->data()) to->assign(read.data(), read.size());
  return status;
}

class FileWithEnds final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FileWithEnds(std::unique_ptr<rocksdb::FSRandomAccessFile> file, std::string first,
               uint64_t last_begin, std::string last)
      : FSRandomAccessFileOwnerWrapper(std::move(file)),
        first_(std::move(first)),
        last_begin_(last_begin),
        last_(std::move(last)) {}

  rocksdb::IOStatus Read(uint64_t offset, size_t bytes, const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* debug) const override {
    if (offset + bytes <= first_.size()) return Give(first_, offset, bytes, result, scratch);
    if (offset >= last_begin_) return Give(last_, offset - last_begin_, bytes, result, scratch);
    return FSRandomAccessFileOwnerWrapper::Read(offset, bytes, options, result, scratch, debug);
  }
  rocksdb::IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override {
    for (rocksdb::FSReadRequest* one = requests; one != requests + count; ++one) {
      one->status = Read(one->offset, one->len, options, &one->result, one->scratch, debug);
    }
    return rocksdb::IOStatus::OK();
  }

 private:
  static rocksdb::IOStatus Give(const std::string& from, uint64_t offset, size_t bytes,
                                rocksdb::Slice* result, char* scratch) {
    const size_t there = from.size() - std::min<uint64_t>(offset, from.size());
    const size_t given = std::min(bytes, there);
    if (given > 0) std::memcpy(scratch, from.data() + offset, given);
    *result = rocksdb::Slice(scratch, given);
    return rocksdb::IOStatus::OK();
  }

  const std::string first_;
  const uint64_t last_begin_;
  const std::string last_;
};

}  // namespace

void NewTables::Add(const std::string& path, TableEnds ends) {
  const std::lock_guard lock(mutex_);
  ends_[path] = ends;
}

void NewTables::Remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  ends_.erase(path);
}

std::optional<TableEnds> NewTables::Find(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = ends_.find(path);
  if (found == ends_.end()) return std::nullopt;
  return found->second;
}

rocksdb::IOStatus KeepEnds(TableEnds ends, uint64_t bytes,
                           std::unique_ptr<rocksdb::FSRandomAccessFile>* file) {
  if (ends.first_end > ends.last_begin || ends.last_begin > bytes) {
    return rocksdb::IOStatus::IOError("a new table is too short");
  }
  std::string first;
  rocksdb::IOStatus status = ReadWhole(**file, 0, ends.first_end, &first);
  if (!status.ok()) return status;
  std::string last;
  status = ReadWhole(**file, ends.last_begin, bytes - ends.last_begin, &last);
  if (!status.ok()) return status;
  *file = std::make_unique<FileWithEnds>(std::move(*file), std::move(first), ends.last_begin,
                                         std::move(last));
  return status;
}

}  // namespace cairn::kv
