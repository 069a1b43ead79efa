// SPDX-License-Identifier: Apache-2.0
#include "engine/index/sorter.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/base/bounded_sort.h"
#include "engine/base/bytes.h"
#include "engine/base/deadline.h"
#include "engine/base/out_of_memory.h"
#include "engine/base/try.h"

namespace cairn::index {
namespace {

constexpr size_t kBufferBytes = 64 << 10;
// From here on the arena gets all the memory that it may use at once; what is not touched costs
// nothing.
constexpr size_t kReserveFrom = size_t{512} << 10;
constexpr size_t kHeadBytes = 2 * sizeof(uint32_t);
// More are merged in several passes.
constexpr size_t kRunsMax = 256;

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
    // No more than fits into the buffer as it is, unless one pair wants more.
    const auto more =
        static_cast<size_t>(std::min<uint64_t>(std::max(bytes, kBufferBytes) - have, end_ - at_));
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
    : bytes_max_(bytes_max),
      what_(what),
      file_(std::make_unique<TemporaryFile>(std::move(directory))) {}

Sorter::~Sorter() = default;

Status Sorter::Add(std::string_view key, std::string_view value) {
  // A list that grows is there twice for a moment, once with twice the room.
  const size_t items =
      items_.size() < items_.capacity() ? items_.capacity() : 3 * items_.size() + 1;
  const size_t bytes = arena_.size() + items * sizeof(Item) + key.size() + value.size();
  if (bytes > bytes_max_ || !share_.Cover(bytes)) {
    if (!file_->directory().empty()) {
      if (!items_.empty()) CAIRN_TRY(Spill());
    } else if (what_ != nullptr) {
      return base::OutOfMemory(what_, bytes, bytes_max_);
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

Status Sorter::Write(std::string_view key, std::string_view value, TemporaryFile* file,
                     std::string* buffer) {
  base::AppendLittle(buffer, static_cast<uint32_t>(key.size()));
  base::AppendLittle(buffer, static_cast<uint32_t>(value.size()));
  buffer->append(key).append(value);
  if (buffer->size() < kBufferBytes) return Status::Ok();
  CAIRN_TRY(file->Append(*buffer));
  buffer->clear();
  return Status::Ok();
}

Status Sorter::Spill() {
  CAIRN_TRY(Sort());
  const uint64_t begin = file_->size();
  std::string buffer;
  for (const Item& item : items_) {
    const std::string_view key = KeyOf(item);
    const std::string_view value(key.data() + item.key_bytes, item.value_bytes);
    pair_bytes_max_ = std::max(pair_bytes_max_, key.size() + value.size());
    CAIRN_TRY(Write(key, value, file_.get(), &buffer));
  }
  CAIRN_TRY(file_->Append(buffer));
  runs_.push_back(std::make_unique<Run>(file_.get(), begin, file_->size()));
  ++spilled_runs_;
  spilled_bytes_ += file_->size() - begin;
  // An assignment of {} would keep the memory.
  std::vector<Item>().swap(items_);
  std::string().swap(arena_);
  share_.Release();
  return Status::Ok();
}

bool Sorter::After(const Run* a, const Run* b) { return a->key() > b->key(); }

size_t Sorter::MergeBytes(size_t runs) const {
  return runs * (std::max(kBufferBytes, 2 * pair_bytes_max_) + sizeof(Run));
}

Status Sorter::BeginMerge(size_t begin, size_t end) {
  heap_.clear();
  current_ = nullptr;
  for (size_t i = begin; i < end; ++i) {
    CAIRN_TRY_ASSIGN(const bool more, runs_[i]->Advance());
    if (more) heap_.push_back(runs_[i].get());
  }
  std::make_heap(heap_.begin(), heap_.end(), After);
  return Status::Ok();
}

Result<bool> Sorter::NextMerged(std::string_view* key, std::string_view* value) {
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

Status Sorter::MergePass(size_t fan_in) {
  auto file = std::make_unique<TemporaryFile>(file_->directory());
  std::vector<std::unique_ptr<Run>> merged;
  std::string buffer;
  for (size_t begin = 0; begin < runs_.size(); begin += fan_in) {
    const size_t end = std::min(begin + fan_in, runs_.size());
    const uint64_t from = file->size();
    CAIRN_TRY(BeginMerge(begin, end));
    std::string_view key, value;
    while (true) {
      CAIRN_TRY(base::Deadline::CheckRunning());
      CAIRN_TRY_ASSIGN(const bool more, NextMerged(&key, &value));
      if (!more) break;
      CAIRN_TRY(Write(key, value, file.get(), &buffer));
    }
    CAIRN_TRY(file->Append(buffer));
    buffer.clear();
    merged.push_back(std::make_unique<Run>(file.get(), from, file->size()));
    for (size_t i = begin; i < end; ++i) runs_[i].reset();
  }
  runs_ = std::move(merged);
  file_ = std::move(file);
  return Status::Ok();
}

Status Sorter::Finish() {
  // Merging needs the memory for its buffers, and one source of pairs is simpler than two.
  if (!runs_.empty() && !items_.empty()) CAIRN_TRY(Spill());
  if (runs_.empty()) return Sort();
  while (true) {
    size_t fan_in = std::min(runs_.size(), kRunsMax);
    while (fan_in > 1 && !share_.Cover(MergeBytes(fan_in))) fan_in = (fan_in + 1) / 2;
    if (fan_in == runs_.size()) break;
    if (fan_in < 2) {
      return base::OutOfMemory(what_ == nullptr ? "A sort" : what_, MergeBytes(2),
                               std::numeric_limits<size_t>::max());
    }
    CAIRN_TRY(MergePass(fan_in));
  }
  return BeginMerge(0, runs_.size());
}

Result<bool> Sorter::Next(std::string_view* key, std::string_view* value) {
  if (!runs_.empty()) return NextMerged(key, value);
  if (next_ == items_.size()) return false;
  const Item& item = items_[next_++];
  *key = KeyOf(item);
  *value = {key->data() + item.key_bytes, item.value_bytes};
  return true;
}

}  // namespace cairn::index
