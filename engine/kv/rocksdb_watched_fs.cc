// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/rocksdb_watched_fs.h"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "engine/kv/rocksdb_status.h"

namespace cairn::kv {
namespace {

rocksdb::IOStatus SyncDirectoryOf(rocksdb::FileSystem* files, const std::string& path,
                                  const rocksdb::IOOptions& options,
                                  rocksdb::IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  rocksdb::IOStatus status =
      files->NewDirectory(path.substr(0, path.find_last_of('/') + 1), options, &directory, debug);
  return status.ok() ? directory->Fsync(options, debug) : status;
}

}  // namespace

bool IsLog(std::string_view name) { return name.ends_with(".log"); }

std::string BaseName(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

class WatchedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path,
              std::shared_ptr<rocksdb::FileSystem> files, FileFaults* faults,
              std::shared_ptr<OpenLogs> logs)
      : FSWritableFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        name_(BaseName(path_)),
        files_(std::move(files)),
        faults_(faults),
        logs_(std::move(logs)) {}

  ~WatchedFile() override { Leave(); }

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus fault = Enter(options, debug);
    return NoteAppend(fault.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug)
                                 : fault);
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& info,
                           rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus fault = Enter(options, debug);
    return NoteManifest(fault.ok() ? FSWritableFileOwnerWrapper::Append(data, options, info, debug)
                                   : fault);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    // One at a time: the kernel reports a failure once, to whoever comes first.
    const std::lock_guard lock(sync_mutex_);
    rocksdb::IOStatus fault = MaySync();
    const uint64_t size = GetFileSize(options, debug);
    return NoteSync(fault.ok() ? FSWritableFileOwnerWrapper::Sync(options, debug) : fault, size);
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    // One at a time: the kernel reports a failure once, to whoever comes first.
    const std::lock_guard lock(sync_mutex_);
    rocksdb::IOStatus fault = MaySync();
    const uint64_t size = GetFileSize(options, debug);
    return NoteSync(fault.ok() ? FSWritableFileOwnerWrapper::Fsync(options, debug) : fault, size);
  }
  rocksdb::IOStatus Close(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    Leave();
    return FSWritableFileOwnerWrapper::Close(options, debug);
  }

  // RocksDB flushes after whole records.
  rocksdb::IOStatus Flush(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    if (!append_failed_) whole_ = GetFileSize(options, debug);
    return FSWritableFileOwnerWrapper::Flush(options, debug);
  }

  void NoteSize() const {
    if (logs_->sizes != nullptr) logs_->sizes->Note(name_, synced_);
  }

 private:
  // Before each write; see 1 at the head of the header.
  rocksdb::IOStatus Enter(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) {
    rocksdb::IOStatus status = Fault(FileFaults::Operation::kAppend);
    if (!status.ok() || !IsLog(name_) || logs_->newest == this) return status;
    const std::lock_guard lock(logs_->newest_mutex);
    WatchedFile* const before = logs_->newest;
    if (before != nullptr) status = before->Sync(options, debug);
    if (status.ok() && before != nullptr) before->NoteSize();
    if (status.ok()) status = SyncDirectoryOf(files_.get(), path_, options, debug);
    if (status.ok()) logs_->newest = this;
    return status;
  }
  void Leave() {
    if (logs_->newest != this) return;
    const std::lock_guard lock(logs_->newest_mutex);
    if (logs_->newest != this) return;
    // RocksDB closes a log once it has synced it, which may be before the next one is written.
    NoteSize();
    logs_->newest = nullptr;
  }
  rocksdb::IOStatus Fault(FileFaults::Operation operation) const {
    const int error = faults_ == nullptr ? 0 : faults_->Before(operation, name_);
    if (error == 0) return rocksdb::IOStatus::OK();
    if (error == ENOSPC) return rocksdb::IOStatus::NoSpace(name_, std::strerror(error));
    return rocksdb::IOStatus::IOError(name_, std::strerror(error));
  }
  rocksdb::IOStatus NoteAppend(rocksdb::IOStatus status) {
    if (!status.ok()) append_failed_ = true;
    return NoteManifest(std::move(status));
  }
  rocksdb::IOStatus NoteManifest(rocksdb::IOStatus status) const {
    if (!status.ok() && name_.starts_with("MANIFEST-")) logs_->manifest_failed = true;
    return status;
  }
  rocksdb::IOStatus MaySync() const {
    if (IsLog(name_) && sync_failed_) {
      return rocksdb::IOStatus::IOError(name_, "an earlier sync has failed");
    }
    return Fault(FileFaults::Operation::kSync);
  }
  rocksdb::IOStatus NoteSync(rocksdb::IOStatus status, uint64_t size) {
    if (!status.ok()) {
      sync_failed_ = true;
      return NoteManifest(std::move(status));
    }
    synced_ = std::min<uint64_t>(size, whole_);
    if (!IsLog(name_) && SyncedSizes::Covers(name_)) NoteSize();
    return status;
  }

  const std::string path_;
  const std::string name_;
  std::atomic<uint64_t> whole_{0};  // bytes in front of a record that may be torn
  std::atomic<bool> append_failed_{false};
  std::mutex sync_mutex_;
  std::atomic<uint64_t> synced_{0};  // bytes; written under sync_mutex_
  bool sync_failed_ = false;         // guarded by sync_mutex_
  const std::shared_ptr<rocksdb::FileSystem> files_;
  FileFaults* const faults_;
  const std::shared_ptr<OpenLogs> logs_;
};

Status OpenLogs::SyncNewest() {
  const std::lock_guard lock(newest_mutex);
  if (newest == nullptr) return Status::Ok();
  return FromRocksDb(newest.load()->Sync({}, nullptr), "the log could not be synced");
}

void OpenLogs::NoteNewest() {
  const std::lock_guard lock(newest_mutex);
  if (newest != nullptr) newest.load()->NoteSize();
}

namespace {

class WatchedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  WatchedFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target, FileFaults* faults,
                    std::shared_ptr<OpenLogs> logs)
      : FileSystemWrapper(target), target_(target), faults_(faults), logs_(std::move(logs)) {}

  const char* Name() const override { return "CairnWatchedFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target_->NewWritableFile(path, options, result, debug);
    if (status.ok() && (faults_ != nullptr || SyncedSizes::Covers(BaseName(path)))) {
      *result = std::make_unique<WatchedFile>(std::move(*result), path, target_, faults_, logs_);
    }
    return status;
  }

  rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target_->NewRandomAccessFile(path, options, result, debug);
    const std::optional<TableEnds> ends = logs_->new_tables.Find(path);
    if (!status.ok() || !ends) return status;
    uint64_t bytes = 0;
    status = target_->GetFileSize(path, options.io_options, &bytes, debug);
    return status.ok() ? KeepEnds(*ends, bytes, result) : status;
  }

  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    if (logs_->manifest_failed && path.ends_with(".sst")) return rocksdb::IOStatus::OK();
    return target_->DeleteFile(path, options, debug);
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
  const std::shared_ptr<rocksdb::FileSystem> target_;
  FileFaults* const faults_;
  const std::shared_ptr<OpenLogs> logs_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> WatchFileSystem(std::shared_ptr<rocksdb::FileSystem> target,
                                                     FileFaults* faults,
                                                     std::shared_ptr<OpenLogs> logs) {
  return std::make_shared<WatchedFileSystem>(std::move(target), faults, std::move(logs));
}

}  // namespace cairn::kv
