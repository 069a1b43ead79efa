// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/partition.h"

#include <algorithm>

#include "engine/base/out_of_memory.h"
#include "engine/base/try.h"

namespace cairn::pipeline {
namespace {

constexpr size_t kBlockBytes = size_t{64} << 10;

Status TooLarge() {
  return Status(ErrorCode::kExceededMemoryLimit,
                "a partition of $setWindowFields is too large to be kept in memory");
}

}  // namespace

Status Partition::Add(bson::View document, std::string_view sort_key) {
  const std::string_view bytes = document.bytes();
  const size_t rows_bytes = (rows_.size() + 1) * sizeof(Row);
  if (rows_bytes > exec::kOperatorBytesMax) return TooLarge();
  const size_t wanted = bytes_ + bytes.size();
  if (wanted > spill_bytes_ || !share_.Cover(rows_bytes + wanted)) {
    if (file_.directory().empty()) {
      if (wanted > spill_bytes_ || !base::OthersAreInTheWay(rows_bytes + wanted)) return TooLarge();
      return base::OthersHoldMemory("$setWindowFields");
    }
    CAIRN_TRY(Spill());
    if (!share_.Cover(rows_bytes + bytes.size())) {
      if (!base::OthersAreInTheWay(rows_bytes + bytes.size())) return TooLarge();
      return base::OthersHoldMemory("$setWindowFields");
    }
  }
  const uint64_t offset = file_.size() + bytes_;
  const bool is_tied = !rows_.empty() && sort_key == last_sort_key_;
  rows_.push_back({offset, is_tied ? 1U : 0U});
  last_sort_key_ = sort_key;
  if (blocks_.empty() || blocks_.back().size() + bytes.size() > blocks_.back().capacity()) {
    begins_.push_back(offset);
    blocks_.emplace_back();
    blocks_.back().reserve(std::max(bytes.size(), kBlockBytes));
  }
  blocks_.back().append(bytes);
  bytes_ += bytes.size();
  bytes_max_ = std::max(bytes_max_, bytes_);
  return Status::Ok();
}

Status Partition::Spill() {
  for (std::string& block : blocks_) {
    CAIRN_TRY(file_.Append(block));
    block = std::string();
  }
  blocks_.clear();
  begins_.clear();
  bytes_ = 0;
  share_.Release();
  return Status::Ok();
}

const char* Partition::Read(uint64_t offset, size_t count) const {
  Block* oldest = &read_[0];
  for (Block& block : read_) {
    if (offset >= block.begin && offset + count <= block.begin + block.bytes.size()) {
      block.used = ++clock_;
      return block.bytes.data() + (offset - block.begin);
    }
    if (block.used < oldest->used) oldest = &block;
  }
  oldest->bytes.clear();
  oldest->begin = offset;
  oldest->used = ++clock_;
  const auto wanted =
      static_cast<size_t>(std::min<uint64_t>(std::max(count, kBlockBytes), file_.size() - offset));
  Status status = file_.Read(offset, wanted, &oldest->bytes);
  if (status.ok() && oldest->bytes.size() >= count) return oldest->bytes.data();
  oldest->bytes.clear();
  if (status_.ok()) status_ = std::move(status);
  return nullptr;
}

bson::View Partition::document(size_t row) const {
  const uint64_t offset = rows_[row].offset;
  if (offset >= file_.size()) {
    const auto block = std::ranges::upper_bound(begins_, offset) - begins_.begin() - 1;
    const auto number = static_cast<size_t>(block);
    return bson::View(blocks_[number].data() + (offset - begins_[number]));
  }
  const uint64_t end = row + 1 < rows_.size() ? rows_[row + 1].offset : file_.size() + bytes_;
  const char* const bytes = Read(offset, static_cast<size_t>(end - offset));
  return bytes == nullptr ? bson::View() : bson::View(bytes);
}

}  // namespace cairn::pipeline
