// SPDX-License-Identifier: Apache-2.0
// Bytes that are collected first and sent later: in memory as long as they are few, then in a
// temporary file that has no name. Belongs to one thread at a time.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/status.h"
#include "server/http/request.h"

namespace cairn::server {

class Spool {
 public:
  /// Error OutOfDiskSpace.
  Status Append(std::string_view bytes);
  /// Makes what was appended the body of `reply`.
  Status MoveTo(Reply* reply);

  static constexpr size_t kMemoryBytesMax = size_t{256} << 10;

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, CloseFile>;
  class FileSource;

  Status Spill();

  std::string memory_;
  File file_;
};

}  // namespace cairn::server
