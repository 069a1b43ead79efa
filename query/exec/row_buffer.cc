// SPDX-License-Identifier: Apache-2.0
#include "query/exec/row_buffer.h"

#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "query/exec/read_context.h"

namespace cairn::exec {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;

}  // namespace

Status RowBuffer::Add(bson::View document) {
  const std::string_view bytes = document.bytes();
  if (blocks_.empty() || blocks_.back().size() + bytes.size() > blocks_.back().capacity()) {
    const size_t block = std::max(bytes.size(), std::min(kBlockBytes, bytes_ + 4096));
    if (!Fits(bytes_ + block, &share_)) {
      if (file_.directory().empty()) {
        return OutOfMemory("A stage that keeps documents", bytes_ + block);
      }
      CAIRN_TRY(Spill());
    }
    blocks_.emplace_back();
    blocks_.back().reserve(block);
    bytes_ += blocks_.back().capacity();
  }
  blocks_.back().append(bytes);
  return Status::Ok();
}

Status RowBuffer::Spill() {
  for (std::string& block : blocks_) {
    CAIRN_TRY(file_.Append(block));
    block = std::string();
  }
  blocks_.clear();
  bytes_ = 0;
  share_.Release();
  return Status::Ok();
}

Status RowBuffer::Rewind() {
  // Reading from one place is simpler than from two.
  if (file_.size() > 0 && !blocks_.empty()) CAIRN_TRY(Spill());
  block_ = 0;
  at_ = 0;
  window_.clear();
  window_end_ = 0;
  return Status::Ok();
}

Result<bool> RowBuffer::Ensure(size_t bytes) {
  const size_t have = window_.size() - at_;
  if (have >= bytes) return true;
  if (have == 0 && window_end_ == file_.size()) return false;
  window_.erase(0, at_);
  at_ = 0;
  const auto more = static_cast<size_t>(
      std::min<uint64_t>(std::max(bytes - have, kBlockBytes), file_.size() - window_end_));
  CAIRN_TRY(file_.Read(window_end_, more, &window_));
  window_end_ += more;
  return true;
}

Result<bool> RowBuffer::Next(bson::View* document) {
  if (file_.size() > 0) {
    CAIRN_TRY_ASSIGN(const bool more, Ensure(sizeof(int32_t)));
    if (!more) return false;
    const size_t size = bson::View(window_.data() + at_).size();
    CAIRN_TRY(Ensure(size).status());
    *document = bson::View(window_.data() + at_);
    at_ += size;
    return true;
  }
  if (block_ < blocks_.size() && at_ == blocks_[block_].size()) {
    ++block_;
    at_ = 0;
  }
  if (block_ == blocks_.size()) return false;
  *document = bson::View(blocks_[block_].data() + at_);
  at_ += document->size();
  return true;
}

}  // namespace cairn::exec
