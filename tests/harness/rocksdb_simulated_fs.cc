// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/rocksdb_simulated_fs.h"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cairn::harness {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// As RocksDB's POSIX file system words its errors.
IOStatus ToStatus(int error, const std::string& doing) {
  switch (error) {
    case 0:
      return IOStatus::OK();
    case ENOENT:
      return IOStatus::PathNotFound(doing, std::strerror(error));
    case ENOSPC: {
      IOStatus status = IOStatus::NoSpace(doing, std::strerror(error));
      status.SetRetryable(true);
      return status;
    }
    default:
      return IOStatus::IOError(doing, std::strerror(error));
  }
}

using FilePtr = SimulatedDisk::FilePtr;

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  SequentialFile(SimulatedDisk* disk, FilePtr file) : disk_(*disk), file_(std::move(file)) {}

  IOStatus Read(size_t n, const IOOptions& /*options*/, Slice* result, char* scratch,
                IODebugContext* /*debug*/) override {
    size_t read = 0;
    const int error = disk_.Read(file_, at_, n, scratch, &read);
    at_ += read;
    *result = Slice(scratch, read);
    return ToStatus(error, "While reading file sequentially");
  }
  IOStatus Skip(uint64_t n) override {
    at_ = std::min(at_ + n, disk_.Size(file_));
    return IOStatus::OK();
  }
  IOStatus InvalidateCache(size_t /*offset*/, size_t /*length*/) override { return IOStatus::OK(); }

 private:
  SimulatedDisk& disk_;
  const FilePtr file_;
  uint64_t at_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  RandomAccessFile(SimulatedDisk* disk, FilePtr file) : disk_(*disk), file_(std::move(file)) {}

  IOStatus Read(uint64_t offset, size_t n, const IOOptions& /*options*/, Slice* result,
                char* scratch, IODebugContext* /*debug*/) const override {
    size_t read = 0;
    const int error = disk_.Read(file_, offset, n, scratch, &read);
    *result = Slice(scratch, read);
    return ToStatus(error, "While pread");
  }
  IOStatus Prefetch(uint64_t /*offset*/, size_t /*n*/, const IOOptions& /*options*/,
                    IODebugContext* /*debug*/) override {
    return IOStatus::OK();
  }
  IOStatus InvalidateCache(size_t /*offset*/, size_t /*length*/) override { return IOStatus::OK(); }

 private:
  SimulatedDisk& disk_;
  const FilePtr file_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  WritableFile(SimulatedDisk* disk, FilePtr file, const FileOptions& options)
      : FSWritableFile(options), disk_(*disk), file_(std::move(file)) {}

  using FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions& /*options*/,
                  IODebugContext* /*debug*/) override {
    return ToStatus(disk_.Append(file_, {data.data(), data.size()}), "While appending to file");
  }
  IOStatus Truncate(uint64_t size, const IOOptions& /*options*/,
                    IODebugContext* /*debug*/) override {
    if (size == disk_.Size(file_)) return IOStatus::OK();
    return ToStatus(disk_.Truncate(file_, size), "While ftruncate");
  }
  IOStatus Close(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return IOStatus::OK();
  }
  IOStatus Flush(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return IOStatus::OK();
  }
  IOStatus Sync(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return ToStatus(disk_.Sync(file_), "While fdatasync");
  }
  bool IsSyncThreadSafe() const override { return true; }
  // A hint to start writing back promises nothing.
  IOStatus RangeSync(uint64_t /*offset*/, uint64_t /*bytes*/, const IOOptions& /*options*/,
                     IODebugContext* /*debug*/) override {
    return IOStatus::OK();
  }
  uint64_t GetFileSize(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return disk_.Size(file_);
  }

 private:
  SimulatedDisk& disk_;
  const FilePtr file_;
};

class RandomWriteFile final : public rocksdb::FSRandomRWFile {
 public:
  RandomWriteFile(SimulatedDisk* disk, FilePtr file) : disk_(*disk), file_(std::move(file)) {}

  IOStatus Write(uint64_t offset, const Slice& data, const IOOptions& /*options*/,
                 IODebugContext* /*debug*/) override {
    return ToStatus(disk_.Overwrite(file_, offset, {data.data(), data.size()}), "While pwrite");
  }
  IOStatus Read(uint64_t offset, size_t n, const IOOptions& /*options*/, Slice* result,
                char* scratch, IODebugContext* /*debug*/) const override {
    size_t read = 0;
    const int error = disk_.Read(file_, offset, n, scratch, &read);
    *result = Slice(scratch, read);
    return ToStatus(error, "While pread");
  }
  IOStatus Flush(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return IOStatus::OK();
  }
  IOStatus Sync(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return ToStatus(disk_.Sync(file_), "While fdatasync");
  }
  IOStatus Close(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return IOStatus::OK();
  }

 private:
  SimulatedDisk& disk_;
  const FilePtr file_;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  Directory(SimulatedDisk* disk, std::string path) : disk_(*disk), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return ToStatus(disk_.SyncDirectory(path_), "While fsync of a directory");
  }
  IOStatus Close(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return IOStatus::OK();
  }

 private:
  SimulatedDisk& disk_;
  const std::string path_;
};

class Lock final : public rocksdb::FileLock {
 public:
  explicit Lock(std::string locked) : path(std::move(locked)) {}
  const std::string path;
};

class SimulatedFileSystem final : public rocksdb::FileSystem {
 public:
  explicit SimulatedFileSystem(SimulatedDisk* disk) : disk_(*disk) {}

  const char* Name() const override { return "CairnSimulatedFileSystem"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& /*options*/,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext* /*debug*/) override {
    return OpenAs<SequentialFile>(path, result);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& /*options*/,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext* /*debug*/) override {
    return OpenAs<RandomAccessFile>(path, result);
  }
  IOStatus NewRandomRWFile(const std::string& path, const FileOptions& /*options*/,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* result,
                           IODebugContext* /*debug*/) override {
    return OpenAs<RandomWriteFile>(path, result);
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* /*debug*/) override {
    FilePtr file;
    if (const int error = disk_.Create(path, &file)) {
      return ToStatus(error, "While open a file for appending: " + path);
    }
    *result = std::make_unique<WritableFile>(&disk_, std::move(file), options);
    return IOStatus::OK();
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext* debug) override {
    FilePtr file;
    const int error = disk_.Open(path, &file);
    if (error == ENOENT) return NewWritableFile(path, options, result, debug);
    if (error != 0) return ToStatus(error, "While open a file for appending: " + path);
    *result = std::make_unique<WritableFile>(&disk_, std::move(file), options);
    return IOStatus::OK();
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& /*options*/,
                        std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext* /*debug*/) override {
    SimulatedDisk::Attributes attributes;
    if (const int error = disk_.Stat(path, &attributes)) {
      return ToStatus(error, "While open directory: " + path);
    }
    *result = std::make_unique<Directory>(&disk_, path);
    return IOStatus::OK();
  }
  IOStatus FileExists(const std::string& path, const IOOptions& /*options*/,
                      IODebugContext* /*debug*/) override {
    SimulatedDisk::Attributes attributes;
    const int error = disk_.Stat(path, &attributes);
    return error == ENOENT ? IOStatus::NotFound() : ToStatus(error, "While access: " + path);
  }
  IOStatus GetChildren(const std::string& path, const IOOptions& /*options*/,
                       std::vector<std::string>* names, IODebugContext* /*debug*/) override {
    const int error = disk_.List(path, names);
    return error == ENOENT ? IOStatus::NotFound(path) : ToStatus(error, "While opendir: " + path);
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& /*options*/,
                      IODebugContext* /*debug*/) override {
    return ToStatus(disk_.Remove(path), "while unlink() file: " + path);
  }
  IOStatus Truncate(const std::string& path, size_t size, const IOOptions& /*options*/,
                    IODebugContext* /*debug*/) override {
    FilePtr file;
    int error = disk_.Open(path, &file);
    if (error == 0) error = disk_.Truncate(file, size);
    return ToStatus(error, "While truncate file: " + path);
  }
  IOStatus CreateDir(const std::string& path, const IOOptions& /*options*/,
                     IODebugContext* /*debug*/) override {
    return ToStatus(disk_.MakeDirectory(path, false), "While mkdir: " + path);
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& /*options*/,
                              IODebugContext* /*debug*/) override {
    return ToStatus(disk_.MakeDirectory(path, true), "While mkdir if missing: " + path);
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions& /*options*/,
                     IODebugContext* /*debug*/) override {
    return ToStatus(disk_.Remove(path), "While rmdir: " + path);
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions& /*options*/, uint64_t* bytes,
                       IODebugContext* /*debug*/) override {
    SimulatedDisk::Attributes attributes;
    const int error = disk_.Stat(path, &attributes);
    *bytes = attributes.bytes;
    return ToStatus(error, "while stat a file for size: " + path);
  }
  IOStatus GetFileModificationTime(const std::string& path, const IOOptions& /*options*/,
                                   uint64_t* seconds, IODebugContext* /*debug*/) override {
    SimulatedDisk::Attributes attributes;
    const int error = disk_.Stat(path, &attributes);
    *seconds = static_cast<uint64_t>(attributes.modified_s);
    return ToStatus(error, "while stat a file for modification time: " + path);
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& /*options*/,
                      IODebugContext* /*debug*/) override {
    return ToStatus(disk_.Rename(from, to), "While renaming a file to " + to);
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& /*options*/,
                    IODebugContext* /*debug*/) override {
    return ToStatus(disk_.Link(from, to), "while link file to " + to);
  }
  IOStatus LockFile(const std::string& path, const IOOptions& /*options*/, rocksdb::FileLock** lock,
                    IODebugContext* /*debug*/) override {
    const int error = disk_.Lock(path);
    if (error == EAGAIN) return ToStatus(error, "While lock file: " + path);
    if (error != 0) return ToStatus(error, "while open a file for lock: " + path);
    *lock = new Lock(path);  // UnlockFile owns it.
    return IOStatus::OK();
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions& /*options*/,
                      IODebugContext* /*debug*/) override {
    const std::unique_ptr<Lock> own(static_cast<Lock*>(lock));
    return ToStatus(disk_.Unlock(own->path), "unlock");
  }
  IOStatus GetTestDirectory(const IOOptions& /*options*/, std::string* path,
                            IODebugContext* /*debug*/) override {
    *path = "/test";
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions& /*options*/,
                           std::string* absolute, IODebugContext* /*debug*/) override {
    *absolute = path;
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions& /*options*/, bool* is_directory,
                       IODebugContext* /*debug*/) override {
    SimulatedDisk::Attributes attributes;
    const int error = disk_.Stat(path, &attributes);
    *is_directory = attributes.directory;
    return ToStatus(error, "While stat: " + path);
  }
  IOStatus GetFreeSpace(const std::string& /*path*/, const IOOptions& /*options*/, uint64_t* bytes,
                        IODebugContext* /*debug*/) override {
    *bytes = disk_.FreeBytes();
    return IOStatus::OK();
  }

 private:
  template <typename Kind, typename Interface>
  IOStatus OpenAs(const std::string& path, std::unique_ptr<Interface>* result) {
    FilePtr file;
    if (const int error = disk_.Open(path, &file)) {
      return ToStatus(error, "While open a file: " + path);
    }
    *result = std::make_unique<Kind>(&disk_, std::move(file));
    return IOStatus::OK();
  }

  SimulatedDisk& disk_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> NewSimulatedFileSystem(SimulatedDisk* disk) {
  return std::make_shared<SimulatedFileSystem>(disk);
}

}  // namespace cairn::harness
