// SPDX-License-Identifier: Apache-2.0
#include "engine/index/temporary_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "engine/base/try.h"

namespace cairn::index {
namespace {

Status IoError(std::string_view what) {
  if (errno == ENOSPC || errno == EDQUOT) {
    return Status(ErrorCode::kOutOfDiskSpace, "no space left for a temporary file");
  }
  return Status(ErrorCode::kOperationFailed,
                "temporary file: " + std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

TemporaryFile::~TemporaryFile() {
  if (file_ >= 0) ::close(file_);
}

Status TemporaryFile::Open() {
  file_ = ::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file_ >= 0) return Status::Ok();
  // Not every file system has O_TMPFILE.
  std::string name = directory_ + "/temporary-XXXXXX";
  file_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (file_ < 0) return IoError("create");
  ::unlink(name.c_str());
  return Status::Ok();
}

Status TemporaryFile::Append(std::string_view bytes) {
  if (file_ < 0) CAIRN_TRY(Open());
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return IoError("write");
    bytes.remove_prefix(static_cast<size_t>(written));
    size_ += static_cast<uint64_t>(written);
  }
  return Status::Ok();
}

Status TemporaryFile::Read(uint64_t offset, size_t count, std::string* out) const {
  const size_t before = out->size();
  out->resize(before + count);
  size_t have = 0;
  while (have < count) {
    const ssize_t got = ::pread(file_, out->data() + before + have, count - have,
                                static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return IoError("read");
    if (got == 0) return Status(ErrorCode::kOperationFailed, "temporary file: cut short");
    have += static_cast<size_t>(got);
  }
  return Status::Ok();
}

}  // namespace cairn::index
