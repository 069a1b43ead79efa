// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_files.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/base/try.h"
#include "engine/kv/rocksdb_status.h"

namespace cairn::kv {
namespace {

constexpr const char* kLockName = "/STORE_LOCK";
constexpr const char* kMarkName = "/HIGH_WATER";
constexpr const char* kDropHistoryName = "/DROP_HISTORY";
constexpr std::string_view kArchiveName = "archive";
constexpr std::string_view kIngestPrefix = "ingest-";
// What RocksDB writes before CURRENT, when it makes a database.
constexpr std::string_view kFirstManifest = "MANIFEST-000001";

std::string BaseName(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

bool IsLog(std::string_view name) { return name.ends_with(".log"); }

class WatchedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string name, FileFaults* faults,
              std::shared_ptr<LogHealth> log_health)
      : FSWritableFileOwnerWrapper(std::move(file)),
        name_(std::move(name)),
        faults_(faults),
        log_health_(std::move(log_health)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus fault = Fault(FileFaults::Operation::kAppend);
    return NoteWrite(fault.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug) : fault);
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& info,
                           rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus fault = Fault(FileFaults::Operation::kAppend);
    return NoteWrite(fault.ok() ? FSWritableFileOwnerWrapper::Append(data, options, info, debug)
                                : fault);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus fault = Fault(FileFaults::Operation::kSync);
    return NoteSync(fault.ok() ? FSWritableFileOwnerWrapper::Sync(options, debug) : fault);
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus fault = Fault(FileFaults::Operation::kSync);
    return NoteSync(fault.ok() ? FSWritableFileOwnerWrapper::Fsync(options, debug) : fault);
  }

 private:
  rocksdb::IOStatus Fault(FileFaults::Operation operation) const {
    const int error = faults_ == nullptr ? 0 : faults_->Before(operation, name_);
    if (error == 0) return rocksdb::IOStatus::OK();
    if (error == ENOSPC) return rocksdb::IOStatus::NoSpace(name_, std::strerror(error));
    return rocksdb::IOStatus::IOError(name_, std::strerror(error));
  }
  rocksdb::IOStatus NoteWrite(rocksdb::IOStatus status) const {
    if (!IsLog(name_) || (status.ok() && !log_health_->write_failed)) return status;
    const std::lock_guard lock(log_health_->syncing);
    if (!status.ok()) {
      log_health_->failed_log = name_;
      log_health_->write_failed = true;
    } else if (name_ != log_health_->failed_log) {
      log_health_->write_failed = false;
    }
    return status;
  }
  rocksdb::IOStatus NoteSync(rocksdb::IOStatus status) const {
    if (!status.ok() && IsLog(name_)) log_health_->sync_failed = true;
    return status;
  }

  const std::string name_;
  FileFaults* const faults_;
  const std::shared_ptr<LogHealth> log_health_;
};

class WatchedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  WatchedFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target, FileFaults* faults,
                    std::shared_ptr<LogHealth> log_health)
      : FileSystemWrapper(target), faults_(faults), log_health_(std::move(log_health)) {}

  const char* Name() const override { return "CairnWatchedFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target()->NewWritableFile(path, options, result, debug);
    std::string name = BaseName(path);
    if (status.ok() && (faults_ != nullptr || IsLog(name))) {
      *result =
          std::make_unique<WatchedFile>(std::move(*result), std::move(name), faults_, log_health_);
    }
    return status;
  }

  // CURRENT is to lead to a manifest whose name is there for good; RocksDB syncs both names at
  // once.
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    if (BaseName(to) == "CURRENT") {
      std::unique_ptr<rocksdb::FSDirectory> directory;
      rocksdb::IOStatus status = target()->NewDirectory(to.substr(0, to.find_last_of('/') + 1),
                                                        options, &directory, debug);
      if (status.ok()) status = directory->Fsync(options, debug);
      if (!status.ok()) return status;
    }
    return target()->RenameFile(from, to, options, debug);
  }
  // RocksDB asserts that it can look at and list its archived logs, so it is told of none instead.
  rocksdb::IOStatus FileExists(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target()->FileExists(path, options, debug);
    if (status.ok() || BaseName(path) != kArchiveName) return status;
    return rocksdb::IOStatus::NotFound(path);
  }
  rocksdb::IOStatus GetChildren(const std::string& path, const rocksdb::IOOptions& options,
                                std::vector<std::string>* names,
                                rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target()->GetChildren(path, options, names, debug);
    if (status.ok() || BaseName(path) != kArchiveName) return status;
    names->clear();
    return rocksdb::IOStatus::OK();
  }

 private:
  FileFaults* const faults_;
  const std::shared_ptr<LogHealth> log_health_;
};

}  // namespace

StoreFiles::StoreFiles() : log_health_(std::make_shared<LogHealth>()) {}

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
  files->env_ = rocksdb::NewCompositeEnv(
      std::make_shared<WatchedFileSystem>(std::move(on), options.file_faults, files->log_health_));
  const rocksdb::Status made = files->env_->CreateDirIfMissing(files->path_);
  if (!made.ok()) return FromRocksDb(made, "cannot make the store's directory");
  if (!options.in_memory && !files->Exists("CURRENT")) {
    const size_t slash = files->path_.find_last_of('/');
    const std::string above = slash == std::string::npos ? "." : files->path_.substr(0, slash + 1);
    CAIRN_TRY(files->SyncDirectory(above));
  }
  CAIRN_TRY(files->Lock());
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

bool StoreFiles::HasRemains() const {
  std::vector<std::string> names;
  env_->GetChildren(path_, &names).PermitUncheckedError();
  return std::any_of(names.begin(), names.end(), [](std::string_view name) {
    return IsLog(name) || name.ends_with(".sst") ||
           (name.starts_with("MANIFEST-") && name != kFirstManifest);
  });
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
  std::unique_ptr<rocksdb::RandomRWFile> file;
  if (!Exists(kMarkName + 1) ||
      !env_->NewRandomRWFile(path_ + kMarkName, &file, rocksdb::EnvOptions()).ok()) {
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
