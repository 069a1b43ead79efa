// SPDX-License-Identifier: Apache-2.0
#include "server/http/spool.h"

#include <utility>

namespace cairn::server {
namespace {

constexpr size_t kPieceBytes = size_t{64} << 10;

Status NoSpace() {
  return Status(ErrorCode::kOutOfDiskSpace, "there is no room for a temporary file");
}

}  // namespace

class Spool::FileSource final : public Source {
 public:
  explicit FileSource(File file) : file_(std::move(file)) {}
  Result<bool> Next(std::string* chunk) override {
    const size_t before = chunk->size();
    chunk->resize(before + kPieceBytes);
    const size_t got = std::fread(chunk->data() + before, 1, kPieceBytes, file_.get());
    chunk->resize(before + got);
    if (std::ferror(file_.get()) != 0) {
      return Status(ErrorCode::kOperationFailed, "a temporary file cannot be read");
    }
    return got == kPieceBytes;
  }

 private:
  File file_;
};

Status Spool::Append(std::string_view bytes) {
  memory_.append(bytes);
  return memory_.size() > kMemoryBytesMax ? Spill() : Status();
}

Status Spool::Spill() {
  if (file_ == nullptr) file_.reset(std::tmpfile());
  if (file_ == nullptr) return NoSpace();
  const size_t put = std::fwrite(memory_.data(), 1, memory_.size(), file_.get());
  if (put != memory_.size()) return NoSpace();
  memory_.clear();
  return Status();
}

Status Spool::MoveTo(Reply* reply) {
  if (file_ == nullptr) {
    reply->body = std::move(memory_);
    return Status();
  }
  Status spilled = Spill();
  if (!spilled.ok()) return spilled;
  if (std::fflush(file_.get()) != 0) return NoSpace();
  std::rewind(file_.get());
  reply->source = std::make_unique<FileSource>(std::move(file_));
  return Status();
}

}  // namespace cairn::server
