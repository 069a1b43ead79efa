// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_synced_sizes.h"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string_view>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/kv/commit_record.h"
#include "engine/kv/rocksdb_status.h"

namespace cairn::kv {
namespace {

constexpr std::string_view kManifestPrefix = "MANIFEST-";
constexpr uint64_t kManifestBit = uint64_t{1} << 63;
constexpr size_t kEntryBytes = 24;
constexpr uint64_t kFileBytesMax = uint64_t{16} << 20;

uint64_t KeyOf(std::string_view name) {
  const bool manifest = name.starts_with(kManifestPrefix);
  if (manifest) name.remove_prefix(kManifestPrefix.size());
  return std::strtoull(std::string(name).c_str(), nullptr, 10) | (manifest ? kManifestBit : 0);
}

void AppendEntry(uint64_t key, uint64_t bytes, std::string* to) {
  std::string entry;
  base::AppendLittle<uint64_t>(&entry, key);
  base::AppendLittle<uint64_t>(&entry, bytes);
  base::AppendLittle<uint64_t>(&entry, Fnv1a(entry));
  to->append(entry);
}

}  // namespace

SyncedSizes::SyncedSizes(std::shared_ptr<rocksdb::FileSystem> files, std::string directory)
    : files_(std::move(files)), directory_(std::move(directory)) {}

SyncedSizes::~SyncedSizes() = default;

bool SyncedSizes::Covers(const std::string& name) {
  return name.ends_with(".log") || name.starts_with(kManifestPrefix);
}

Status SyncedSizes::Load(bool writable) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  files_->GetChildren(directory_, {}, &names, nullptr).PermitUncheckedError();
  std::set<uint64_t> present;
  for (const std::string& name : names) {
    if (Covers(name)) present.insert(KeyOf(name));
  }
  std::string bytes;
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  uint64_t size = 0;
  const std::string path = directory_ + "SYNCED_SIZES";
  if (files_->FileExists(path, {}, nullptr).ok()) {
    rocksdb::IOStatus status = files_->GetFileSize(path, {}, &size, nullptr);
    if (status.ok()) status = files_->NewSequentialFile(path, {}, &file, nullptr);
    bytes.resize(std::min(size, kFileBytesMax));
    rocksdb::Slice read;
    if (status.ok()) status = file->Read(bytes.size(), {}, &read, bytes.data(), nullptr);
    if (!status.ok()) return FromRocksDb(status, "cannot read the sizes of synced files");
    bytes = read.ToString();
  }
  for (size_t at = 0; at + kEntryBytes <= bytes.size(); at += kEntryBytes) {
    const std::string_view entry(bytes.data() + at, kEntryBytes);
    const auto key = base::LoadLittle<uint64_t>(entry.data());
    if (base::LoadLittle<uint64_t>(entry.data() + 16) != Fnv1a(entry.substr(0, 16))) continue;
    if (present.contains(key)) sizes_[key] = base::LoadLittle<uint64_t>(entry.data() + 8);
  }
  // The number of a file that is gone may be given again.
  if (writable) Rewrite();
  return Status::Ok();
}

void SyncedSizes::Rewrite() {
  std::string bytes;
  // Numbers rise, and few of these files are kept outside the archive.
  while (sizes_.size() > kEntriesMax / 2) sizes_.erase(sizes_.begin());
  for (const auto& [key, size] : sizes_) AppendEntry(key, size, &bytes);
  entries_ = sizes_.size();
  file_.reset();
  const std::string path = directory_ + "SYNCED_SIZES";
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status = files_->NewWritableFile(path + ".new", {}, &file, nullptr);
  if (status.ok()) status = file->Append(bytes, {}, nullptr);
  if (status.ok()) status = file->Sync({}, nullptr);
  if (status.ok()) status = files_->RenameFile(path + ".new", path, {}, nullptr);
  std::unique_ptr<rocksdb::FSDirectory> directory;
  if (status.ok()) status = files_->NewDirectory(directory_, {}, &directory, nullptr);
  if (status.ok()) status = directory->Fsync({}, nullptr);
  if (status.ok()) file_ = std::move(file);
}

void SyncedSizes::Note(const std::string& name, uint64_t bytes) {
  const uint64_t key = KeyOf(name);
  const std::lock_guard lock(mutex_);
  uint64_t& noted = sizes_[key];
  if (noted == bytes || file_ == nullptr) return;
  noted = bytes;
  if (++entries_ > kEntriesMax) return Rewrite();
  std::string entry;
  AppendEntry(key, bytes, &entry);
  if (!file_->Append(entry, {}, nullptr).ok()) file_.reset();
}

uint64_t SyncedSizes::Find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = sizes_.find(KeyOf(name));
  return found == sizes_.end() ? 0 : found->second;
}

std::vector<std::string> SyncedSizes::FindShort() const {
  std::vector<std::string> names;
  files_->GetChildren(directory_, {}, &names, nullptr).PermitUncheckedError();
  std::erase_if(names, [this](const std::string& name) {
    if (!Covers(name)) return true;
    // In this order: the newest log grows.
    const uint64_t noted = Find(name);
    uint64_t size = 0;
    return !files_->GetFileSize(directory_ + name, {}, &size, nullptr).ok() || size >= noted;
  });
  return names;
}

}  // namespace cairn::kv
