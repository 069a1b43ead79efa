// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_files.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>

#include "engine/base/try.h"
#include "engine/kv/log_scan.h"
#include "engine/kv/rocksdb_status.h"

namespace cairn::kv {
namespace {

constexpr const char* kLockName = "/STORE_LOCK";
constexpr const char* kMarkName = "/HIGH_WATER";
constexpr const char* kDropHistoryName = "/DROP_HISTORY";
constexpr const char* kOrRepair =
    "; restore it, or make it anew with `cairn repair --accept-data-loss`";
constexpr std::string_view kIngestPrefix = "ingest-";
// What RocksDB writes before CURRENT, when it makes a database.
constexpr std::string_view kFirstManifest = "MANIFEST-000001";
// Only these, and names that end in .dbtmp, are there when the making was interrupted; and what the
// root of a file system has.
constexpr std::string_view kFirstNames[] = {"STORE_LOCK",   "HIGH_WATER", "SYNCED_SIZES",
                                            "IDENTITY",     "LOCK",       "SYNCED_SIZES.new",
                                            kFirstManifest, kArchiveName, "lost+found"};

bool IsFirstName(std::string_view name) {
  return name.ends_with(".dbtmp") ||
         std::find(std::begin(kFirstNames), std::end(kFirstNames), name) != std::end(kFirstNames);
}

// Any file of a store that got further than its first manifest.
bool IsRemains(std::string_view name) {
  return IsLog(name) || name.ends_with(".sst") || name.starts_with("MANIFEST-");
}

}  // namespace

StoreFiles::StoreFiles() : open_logs_(std::make_shared<OpenLogs>()) {}

StoreFiles::~StoreFiles() {
  mark_file_.reset();
  if (lock_ != nullptr) env_->UnlockFile(lock_).PermitUncheckedError();
}

Result<std::unique_ptr<StoreFiles>> StoreFiles::Open(const OpenOptions& options) {
  std::unique_ptr<StoreFiles> files(new StoreFiles());
  std::shared_ptr<rocksdb::FileSystem> on = options.file_system;
  files->path_ = options.path;
  if (options.in_memory) {
    files->memory_env_.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    on = files->memory_env_->GetFileSystem();
    files->path_ = "/memory";
  }
  if (on == nullptr) on = rocksdb::FileSystem::Default();
  if (files->path_.empty()) return Status(ErrorCode::kBadValue, "a store needs a directory");
  while (files->path_.size() > 1 && files->path_.back() == '/') files->path_.pop_back();
  const std::shared_ptr<rocksdb::FileSystem> unwatched = on;
  files->env_ = rocksdb::NewCompositeEnv(
      WatchFileSystem(std::move(on), options.file_faults, files->open_logs_));
  if (!options.in_memory) CAIRN_TRY(files->CheckDirectory(options.read_only));
  const rocksdb::Status made = files->env_->CreateDirIfMissing(files->path_);
  if (!made.ok()) return FromRocksDb(made, "cannot make the store's directory");
  if (!options.in_memory && !files->Exists("CURRENT")) {
    const size_t slash = files->path_.find_last_of('/');
    const std::string above = slash == std::string::npos ? "." : files->path_.substr(0, slash + 1);
    CAIRN_TRY(files->SyncDirectory(above));
  }
  Status locked = files->Lock();
  // Where nobody can write, nobody has it open for writing.
  const bool may_read = options.read_only && locked.message().ends_with("Read-only file system");
  if (!may_read) CAIRN_TRY(std::move(locked));
  if (!options.in_memory) {
    auto sizes = std::make_unique<SyncedSizes>(unwatched, files->path_ + "/");
    CAIRN_TRY(sizes->Load(!options.read_only));
    files->open_logs_->sizes = std::move(sizes);
  }
  return files;
}

Status StoreFiles::Lock() {
  const rocksdb::Status locked = env_->LockFile(path_ + kLockName, &lock_);
  if (locked.ok()) return Status::Ok();
  lock_ = nullptr;
  const std::string text = locked.ToString();
  if (text.find("lock hold") == std::string::npos &&
      text.find("While lock file") == std::string::npos) {
    return FromRocksDb(locked, "cannot lock the store");
  }
  return Status(ErrorCode::kStoreLocked, "the store in " + path_ +
                                             " is already open, in this process or another one; a "
                                             "store can be opened once at a time");
}

// A name that was made is only there for good once its directory is synced.
Status StoreFiles::SyncDirectory(const std::string& path) const {
  std::unique_ptr<rocksdb::Directory> directory;
  rocksdb::Status status = env_->NewDirectory(path, &directory);
  if (status.ok()) status = directory->Fsync();
  return FromRocksDb(status, "cannot sync a directory");
}

bool StoreFiles::Exists(const std::string& name) const {
  return env_->FileExists(path_ + "/" + name).ok();
}

Result<std::string> StoreFiles::CurrentManifest() const {
  std::string name;
  const rocksdb::Status read = rocksdb::ReadFileToString(env_.get(), path_ + "/CURRENT", &name);
  if (!read.ok()) return FromRocksDb(read, "cannot read the file CURRENT");
  if (name.starts_with("MANIFEST-") && name.ends_with('\n') && name.find('/') == name.npos) {
    name.pop_back();
    const rocksdb::Status there = env_->FileExists(path_ + "/" + name);
    if (there.ok()) return name;
    if (!there.IsNotFound()) return FromRocksDb(there, "cannot look for the manifest " + name);
  }
  return Status(ErrorCode::kDataCorruptionDetected,
                "the store's file CURRENT names no manifest that is there");
}

Result<std::string> StoreFiles::DamageOf(const std::string& name, uint64_t from) const {
  const uint64_t synced = open_logs_->sizes == nullptr ? 0 : open_logs_->sizes->Find(name);
  CAIRN_TRY_ASSIGN(const uint64_t sound, SoundBytes(name, from));
  if (sound >= synced) return std::string();
  return "it is damaged at byte " + std::to_string(sound) + ", and " + std::to_string(synced) +
         " bytes of it were synced";
}

std::vector<std::string> StoreFiles::Logs() const {
  std::vector<std::string> names;
  env_->GetChildren(path_, &names).PermitUncheckedError();
  std::erase_if(names, [](const std::string& name) { return !IsLog(name); });
  // By number: RocksDB pads to six digits and goes on with seven.
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return names;
}

// Before anything is written: the directory is a store, or one may be made in it.
Status StoreFiles::CheckDirectory(bool read_only) const {
  std::vector<std::string> names;
  const bool there = env_->FileExists(path_).ok();
  bool directory = true;
  if (there && env_->IsDirectory(path_, &directory).ok() && !directory) {
    return Status(ErrorCode::kStoreFormatUnknown, path_ + " is a file; a store is a directory");
  }
  const rocksdb::Status listed = env_->GetChildren(path_, &names);
  if (there && listed.IsNotFound()) {  // RocksDB's word for it
    return Status(ErrorCode::kOperationFailed, "no permission to read the store's directory");
  }
  if (there && !listed.ok()) return FromRocksDb(listed, "cannot list the store's directory");
  std::erase_if(names, [](const std::string& name) { return name == "." || name == ".."; });
  const auto has = [&names](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  // Both are made before CURRENT is.
  const bool ours = has(kLockName + 1) || has(kMarkName + 1);
  if (has("CURRENT")) {
    if (ours) return Status::Ok();
    return Status(ErrorCode::kStoreFormatUnknown,
                  "the directory holds a RocksDB that is no store of this program");
  }
  if (ours && std::any_of(names.begin(), names.end(), [](const std::string& name) {
        return IsRemains(name) && name != kFirstManifest;
      })) {
    return Status(ErrorCode::kDataCorruptionDetected,
                  std::string("the store's file CURRENT is missing although others are there") +
                      (read_only ? "" : kOrRepair));
  }
  if (read_only) {
    return Status(ErrorCode::kNamespaceNotFound,
                  there ? "the directory holds no store" : "there is no such directory");
  }
  const auto foreign = std::find_if_not(names.begin(), names.end(), IsFirstName);
  if (foreign == names.end()) return Status::Ok();
  return Status(ErrorCode::kStoreFormatUnknown,
                "the directory is not empty and holds no store, but for example " + *foreign +
                    "; a new store needs an empty directory");
}

Status StoreFiles::SyncLogs() const {
  for (const std::string& name : Logs()) {
    std::unique_ptr<rocksdb::RandomRWFile> file;
    rocksdb::Status status =
        env_->NewRandomRWFile(path_ + "/" + name, &file, rocksdb::EnvOptions());
    if (status.ok()) status = file->Sync();
    if (!status.ok()) return FromRocksDb(status, "cannot sync the log " + name);
  }
  return Status::Ok();
}

void StoreFiles::RemoveUnfinishedIngests() const {
  std::vector<std::string> names;
  env_->GetChildren(path_, &names).PermitUncheckedError();
  for (const std::string& name : names) {
    if (name.starts_with(kIngestPrefix)) {
      env_->DeleteFile(path_ + "/" + name).PermitUncheckedError();
    }
  }
}

Result<uint64_t> StoreFiles::SoundBytes(const std::string& log, uint64_t from) const {
  const std::string path = path_ + "/" + log;
  uint64_t size = 0;
  std::unique_ptr<rocksdb::RandomAccessFile> file;
  rocksdb::Status status = env_->GetFileSize(path, &size);
  if (status.ok()) status = env_->NewRandomAccessFile(path, &file, rocksdb::EnvOptions());
  if (status.ok() && size <= from) return size;
  std::string space(size - std::min(size, from), '\0');
  rocksdb::Slice read;
  if (status.ok()) status = file->Read(from, space.size(), &read, space.data());
  if (!status.ok()) return FromRocksDb(status, "cannot read the log " + log);
  return from + SoundLogBytes({read.data(), read.size()});
}

Result<uint64_t> StoreFiles::LastBlock(const std::string& log) const {
  uint64_t size = 0;
  const rocksdb::Status status = env_->GetFileSize(path_ + "/" + log, &size);
  if (!status.ok()) return FromRocksDb(status, "cannot read the log " + log);
  return size == 0 ? 0 : (size - 1) / kLogBlockBytes * kLogBlockBytes;
}

Status StoreFiles::CondemnHistory() const {
  std::unique_ptr<rocksdb::WritableFile> note;
  rocksdb::Status status =
      env_->NewWritableFile(path_ + kDropHistoryName, &note, rocksdb::EnvOptions());
  if (status.ok()) status = note->Sync();
  if (!status.ok()) return FromRocksDb(status, "cannot note that the history is to be dropped");
  return SyncDirectory(path_);
}

bool StoreFiles::history_condemned() const { return Exists(kDropHistoryName + 1); }

Status StoreFiles::DropHistory(const std::vector<std::string>& logs) const {
  const std::string archive = path_ + "/" + std::string(kArchiveName);
  std::vector<std::string> paths;
  for (const std::string& log : logs) paths.push_back(path_ + "/" + log);
  std::vector<std::string> archived;
  env_->GetChildren(archive, &archived).PermitUncheckedError();
  // RocksDB may be about to move a log there.
  archived.insert(archived.end(), logs.begin(), logs.end());
  for (const std::string& log : archived) paths.push_back(archive + "/" + log);
  for (const std::string& path : paths) {
    if (IsLog(path) && env_->FileExists(path).ok()) env_->DeleteFile(path).PermitUncheckedError();
  }
  for (const std::string& path : paths) {
    if (IsLog(path) && env_->FileExists(path).ok()) {
      return Status(ErrorCode::kOperationFailed, "cannot remove the log " + BaseName(path));
    }
  }
  CAIRN_TRY(SyncArchive());
  CAIRN_TRY(SyncDirectory(path_));
  env_->DeleteFile(path_ + kDropHistoryName).PermitUncheckedError();
  return Status::Ok();
}

Status StoreFiles::SyncArchive() const {
  const std::string archive(kArchiveName);
  return Exists(archive) ? SyncDirectory(path_ + "/" + archive) : Status::Ok();
}

std::optional<HighWater> StoreFiles::ReadHighWater() const {
  std::optional<HighWater> best;
  std::unique_ptr<rocksdb::RandomAccessFile> file;
  if (!Exists(kMarkName + 1) ||
      !env_->NewRandomAccessFile(path_ + kMarkName, &file, rocksdb::EnvOptions()).ok()) {
    return best;
  }
  for (uint64_t slot = 0; slot < 2; ++slot) {
    char space[kHighWaterSlotBytes];
    rocksdb::Slice read;
    if (!file->Read(slot * kHighWaterSlotStride, sizeof(space), &read, space).ok()) continue;
    const std::optional<HighWater> mark = DecodeHighWater({read.data(), read.size()});
    if (mark && (!best || mark->writes > best->writes)) best = mark;
  }
  return best;
}

Status StoreFiles::WriteHighWater(CommitNumber number) {
  if (mark_file_ == nullptr) {
    const std::optional<HighWater> before = ReadHighWater();
    mark_writes_ = before ? before->writes : 0;
    rocksdb::Status status;
    if (!Exists(kMarkName + 1)) {
      std::unique_ptr<rocksdb::WritableFile> created;
      status = env_->NewWritableFile(path_ + kMarkName, &created, rocksdb::EnvOptions());
      if (status.ok()) status = created->Close();
      if (status.ok()) CAIRN_TRY(SyncDirectory(path_));
    }
    if (status.ok()) {
      status = env_->NewRandomRWFile(path_ + kMarkName, &mark_file_, rocksdb::EnvOptions());
    }
    if (!status.ok()) return FromRocksDb(status, "cannot open the high-water mark");
  }
  ++mark_writes_;
  const std::string bytes = EncodeHighWater({number, mark_writes_});
  rocksdb::Status status =
      mark_file_->Write((mark_writes_ % 2) * kHighWaterSlotStride, {bytes.data(), bytes.size()});
  if (status.ok()) status = mark_file_->Sync();
  return FromRocksDb(status, "cannot write the high-water mark");
}

}  // namespace cairn::kv
