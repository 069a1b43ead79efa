// SPDX-License-Identifier: Apache-2.0
// Where an export goes: a file that gets its name only when it is whole, or standard output; packed
// with gzip when told. One thread.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/status.h"

namespace cairn::server {

class OutputFile {
 public:
  /// An empty path is standard output. A link is followed; a device or pipe is written to, not
  /// replaced. Error OperationFailed with the path and the system's reason.
  static Result<OutputFile> Create(const std::string& path, bool gzip);
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;
  /// Without a Finish before it removes what was written of a file.
  ~OutputFile();

  /// Error OperationFailed.
  Status Write(std::string_view bytes);
  /// Once, at the end: what was written is whole and has its name. Error OperationFailed.
  Status Finish();

 private:
  class Packer;
  OutputFile();

  Status WriteFile(std::string_view bytes);
  Status Failed() const;

  std::string path_;
  std::string unfinished_;  // empty: no file to be named
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> owned_;
  std::FILE* file_ = nullptr;
  std::unique_ptr<Packer> packer_;
};

}  // namespace cairn::server
