// SPDX-License-Identifier: Apache-2.0
// A file or standard input as a stream of bytes, unpacked when it is gzip (which its first two
// bytes say, not its name). One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cairn/status.h"

namespace cairn::server {

class InputFile {
 public:
  /// "-" is standard input. Error OperationFailed with the path and the system's reason.
  static Result<InputFile> Open(const std::string& path);
  /// Borrows `file`, at its start.
  explicit InputFile(std::FILE* file);
  InputFile(InputFile&&) noexcept;
  InputFile& operator=(InputFile&&) noexcept;
  ~InputFile();

  /// The next byte, which stays, or -1 at the end or after an error.
  int Peek() {
    if (next_ == filled_ && !Fill()) return -1;
    return static_cast<unsigned char>(buffer_[next_]);
  }
  /// The next byte, or -1.
  int Take() {
    const int c = Peek();
    if (c >= 0) ++next_;
    return c;
  }
  /// At the file's start: the mark of UTF-8, which spreadsheets and editors put in front.
  void SkipByteOrderMark() {
    for (const int byte : {0xEF, 0xBB, 0xBF}) {
      if (Peek() != byte) return;
      Take();
    }
  }

  /// Not OK once reading or unpacking has failed: OperationFailed.
  const Status& status() const { return status_; }
  /// Bytes of the file that have been read, packed ones where it is packed.
  uint64_t position() const { return position_; }
  /// Of the file, packed; 0 when it is not known.
  uint64_t bytes_total() const { return bytes_total_; }

 private:
  class Unpacker;
  enum class Form { kUnknown, kPlain, kPacked };

  bool Fill();
  bool ReadFile(std::vector<char>* to, size_t* filled);
  bool FillUnpacked();

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> owned_;
  std::FILE* file_;
  uint64_t bytes_total_ = 0;
  uint64_t position_ = 0;
  Form form_ = Form::kUnknown;
  std::unique_ptr<Unpacker> unpacker_;
  std::vector<char> buffer_;
  size_t next_ = 0;
  size_t filled_ = 0;
  Status status_;
};

}  // namespace cairn::server
