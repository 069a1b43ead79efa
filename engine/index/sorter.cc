// SPDX-License-Identifier: Apache-2.0
#include "engine/index/sorter.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"

namespace cairn::index {
namespace {

constexpr size_t kBufferBytes = 64 << 10;
constexpr size_t kHeadBytes = 2 * sizeof(uint32_t);

Status IoError(std::string_view what) {
  if (errno == ENOSPC || errno == EDQUOT) {
    return Status(ErrorCode::kOutOfDiskSpace, "no space left for a temporary file");
  }
  return Status(ErrorCode::kOperationFailed,
                "temporary file: " + std::string(what) + ": " + std::strerror(errno));
}

uint64_t PrefixOf(std::string_view key) {
  char bytes[sizeof(uint64_t)] = {};
  std::memcpy(bytes, key.data(), std::min(key.size(), sizeof(bytes)));
  return base::LoadBig<uint64_t>(bytes);
}

}  // namespace

// One spilled run, read through a buffer.
class Sorter::Run {
 public:
  Run(int file, uint64_t begin, uint64_t end) : file_(file), at_(begin), end_(end) {}

  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }

  // False at the end.
  Result<bool> Advance() {
    if (used_ == buffer_.size() && at_ == end_) return false;
    CAIRN_TRY(Ensure(kHeadBytes));
    const size_t key_bytes = base::LoadLittle<uint32_t>(buffer_.data() + used_);
    const size_t value_bytes = base::LoadLittle<uint32_t>(buffer_.data() + used_ + 4);
    CAIRN_TRY(Ensure(kHeadBytes + key_bytes + value_bytes));
    key_ = {buffer_.data() + used_ + kHeadBytes, key_bytes};
    value_ = {key_.data() + key_bytes, value_bytes};
    used_ += kHeadBytes + key_bytes + value_bytes;
    return true;
  }

 private:
  // Makes `bytes` bytes from used_ on available.
  Status Ensure(size_t bytes) {
    if (buffer_.size() - used_ >= bytes) return Status::Ok();
    buffer_.erase(0, used_);
    used_ = 0;
    size_t have = buffer_.size();
    const size_t want = have + std::min<uint64_t>(std::max(bytes - have, kBufferBytes), end_ - at_);
    buffer_.resize(want);
    while (have < want) {
      const ssize_t got =
          ::pread(file_, buffer_.data() + have, want - have, static_cast<off_t>(at_));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return IoError("read");
      if (got == 0) break;
      have += static_cast<size_t>(got);
      at_ += static_cast<uint64_t>(got);
    }
    buffer_.resize(have);
    if (have < bytes) return Status(ErrorCode::kOperationFailed, "temporary file: cut short");
    return Status::Ok();
  }

  const int file_;
  uint64_t at_;
  const uint64_t end_;
  std::string buffer_;
  size_t used_ = 0;
  std::string_view key_;
  std::string_view value_;
};

Sorter::Sorter(std::string directory, size_t bytes_max)
    : directory_(std::move(directory)), bytes_max_(bytes_max) {}

Sorter::~Sorter() {
  if (file_ >= 0) ::close(file_);
}

Status Sorter::Add(std::string_view key, std::string_view value) {
  const size_t bytes =
      arena_.size() + (items_.size() + 1) * sizeof(Item) + key.size() + value.size();
  if (bytes > bytes_max_ && !directory_.empty() && !items_.empty()) CAIRN_TRY(Spill());
  items_.push_back({PrefixOf(key), arena_.size(), static_cast<uint32_t>(key.size()),
                    static_cast<uint32_t>(value.size())});
  arena_.append(key).append(value);
  ++size_;
  return Status::Ok();
}

void Sorter::Sort() {
  std::sort(items_.begin(), items_.end(), [this](const Item& a, const Item& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return KeyOf(a) < KeyOf(b);
  });
}

Status Sorter::OpenFile() {
  file_ = ::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file_ >= 0) return Status::Ok();
  // Not every file system has O_TMPFILE.
  std::string name = directory_ + "/sort-XXXXXX";
  file_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (file_ < 0) return IoError("create");
  ::unlink(name.c_str());
  return Status::Ok();
}

Status Sorter::WriteAll(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(file_bytes_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return IoError("write");
    bytes.remove_prefix(static_cast<size_t>(written));
    file_bytes_ += static_cast<uint64_t>(written);
  }
  return Status::Ok();
}

Status Sorter::Spill() {
  if (file_ < 0) CAIRN_TRY(OpenFile());
  Sort();
  const uint64_t begin = file_bytes_;
  std::string buffer;
  for (const Item& item : items_) {
    base::AppendLittle(&buffer, item.key_bytes);
    base::AppendLittle(&buffer, item.value_bytes);
    buffer.append(arena_, item.offset, item.key_bytes + item.value_bytes);
    if (buffer.size() < kBufferBytes) continue;
    CAIRN_TRY(WriteAll(buffer));
    buffer.clear();
  }
  CAIRN_TRY(WriteAll(buffer));
  runs_.push_back(std::make_unique<Run>(file_, begin, file_bytes_));
  items_.clear();
  arena_.clear();
  return Status::Ok();
}

bool Sorter::After(const Run* a, const Run* b) { return a->key() > b->key(); }

Status Sorter::Finish() {
  // Merging needs the memory for its buffers, and one source of pairs is simpler than two.
  if (!runs_.empty() && !items_.empty()) CAIRN_TRY(Spill());
  if (runs_.empty()) {
    Sort();
    return Status::Ok();
  }
  arena_ = {};
  items_ = {};
  for (const std::unique_ptr<Run>& run : runs_) {
    CAIRN_TRY_ASSIGN(const bool more, run->Advance());
    if (more) heap_.push_back(run.get());
  }
  std::make_heap(heap_.begin(), heap_.end(), After);
  return Status::Ok();
}

Result<bool> Sorter::Next(std::string_view* key, std::string_view* value) {
  if (runs_.empty()) {
    if (next_ == items_.size()) return false;
    const Item& item = items_[next_++];
    *key = KeyOf(item);
    *value = {key->data() + item.key_bytes, item.value_bytes};
    return true;
  }
  if (current_ != nullptr) {
    CAIRN_TRY_ASSIGN(const bool more, current_->Advance());
    if (more) {
      heap_.push_back(current_);
      std::push_heap(heap_.begin(), heap_.end(), After);
    }
    current_ = nullptr;
  }
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end(), After);
  current_ = heap_.back();
  heap_.pop_back();
  *key = current_->key();
  *value = current_->value();
  return true;
}

}  // namespace cairn::index
