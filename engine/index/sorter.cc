// SPDX-License-Identifier: Apache-2.0
#include "engine/index/sorter.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/bounded_sort.h"
#include "engine/base/bytes.h"
#include "engine/base/try.h"

namespace cairn::index {
namespace {

constexpr size_t kBufferBytes = 64 << 10;
// From here on the arena gets all the memory that it may use at once.
constexpr size_t kReserveFrom = size_t{8} << 20;
constexpr size_t kHeadBytes = 2 * sizeof(uint32_t);

uint64_t PrefixOf(std::string_view key) {
  char bytes[sizeof(uint64_t)] = {};
  std::memcpy(bytes, key.data(), std::min(key.size(), sizeof(bytes)));
  return base::LoadBig<uint64_t>(bytes);
}

}  // namespace

// One spilled run, read through a buffer.
class Sorter::Run {
 public:
  Run(const TemporaryFile* file, uint64_t begin, uint64_t end)
      : file_(file), at_(begin), end_(end) {}

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
    const size_t have = buffer_.size();
    if (end_ - at_ < bytes - have) {
      return Status(ErrorCode::kOperationFailed, "temporary file: cut short");
    }
    const auto more =
        static_cast<size_t>(std::min<uint64_t>(std::max(bytes - have, kBufferBytes), end_ - at_));
    CAIRN_TRY(file_->Read(at_, more, &buffer_));
    at_ += more;
    return Status::Ok();
  }

  const TemporaryFile* const file_;
  uint64_t at_;
  const uint64_t end_;
  std::string buffer_;
  size_t used_ = 0;
  std::string_view key_;
  std::string_view value_;
};

Sorter::Sorter(std::string directory, size_t bytes_max, const char* what)
    : bytes_max_(bytes_max), what_(what), file_(std::move(directory)) {}

Sorter::~Sorter() = default;

Status Sorter::Add(std::string_view key, std::string_view value) {
  const size_t bytes = arena_.size() +
                       std::max(items_.capacity(), items_.size() + 1) * sizeof(Item) + key.size() +
                       value.size();
  if (bytes > bytes_max_ || !share_.Cover(bytes)) {
    if (!file_.directory().empty()) {
      if (!items_.empty()) CAIRN_TRY(Spill());
    } else if (what_ != nullptr) {
      return base::OutOfMemory(what_, bytes_max_);
    }
  }
  // Growth by copying would hold twice the memory for a moment.
  const size_t arena_bytes = arena_.size() + key.size() + value.size();
  if (arena_bytes > arena_.capacity() && arena_bytes > kReserveFrom && arena_bytes <= bytes_max_) {
    arena_.reserve(bytes_max_);
  }
  items_.push_back({PrefixOf(key), arena_.size(), static_cast<uint32_t>(key.size()),
                    static_cast<uint32_t>(value.size())});
  arena_.append(key).append(value);
  ++size_;
  return Status::Ok();
}

Status Sorter::Sort() {
  return base::SortWithinDeadline(items_.begin(), items_.end(),
                                  [this](const Item& a, const Item& b) {
                                    if (a.prefix != b.prefix) return a.prefix < b.prefix;
                                    return KeyOf(a) < KeyOf(b);
                                  });
}

Status Sorter::Spill() {
  CAIRN_TRY(Sort());
  const uint64_t begin = file_.size();
  std::string buffer;
  for (const Item& item : items_) {
    base::AppendLittle(&buffer, item.key_bytes);
    base::AppendLittle(&buffer, item.value_bytes);
    buffer.append(arena_, item.offset, item.key_bytes + item.value_bytes);
    if (buffer.size() < kBufferBytes) continue;
    CAIRN_TRY(file_.Append(buffer));
    buffer.clear();
  }
  CAIRN_TRY(file_.Append(buffer));
  runs_.push_back(std::make_unique<Run>(&file_, begin, file_.size()));
  items_ = {};
  arena_ = {};
  share_.Release();
  return Status::Ok();
}

bool Sorter::After(const Run* a, const Run* b) { return a->key() > b->key(); }

Status Sorter::Finish() {
  // Merging needs the memory for its buffers, and one source of pairs is simpler than two.
  if (!runs_.empty() && !items_.empty()) CAIRN_TRY(Spill());
  if (runs_.empty()) return Sort();
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
