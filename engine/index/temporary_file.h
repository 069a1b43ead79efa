// SPDX-License-Identifier: Apache-2.0
// A file without a name: bytes are appended, and read from anywhere. It is gone when it is closed.
// Thread safety: one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/status.h"

namespace cairn::index {

class TemporaryFile {
 public:
  /// Nothing is made before the first Append.
  explicit TemporaryFile(std::string directory) : directory_(std::move(directory)) {}
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& directory() const { return directory_; }
  /// Errors: OutOfDiskSpace, OperationFailed.
  Status Append(std::string_view bytes);
  /// Appends exactly `count` bytes from `offset` on to `out`. Error OperationFailed, also when
  /// there are fewer.
  Status Read(uint64_t offset, size_t count, std::string* out) const;
  uint64_t size() const { return size_; }

 private:
  Status Open();

  const std::string directory_;
  int file_ = -1;
  uint64_t size_ = 0;
};

}  // namespace cairn::index
