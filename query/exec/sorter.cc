// SPDX-License-Identifier: Apache-2.0
#include "query/exec/sorter.h"

#include <algorithm>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"

namespace cairn::exec {

Status Sorter::Add(const Row& row, const std::string& key) {
  if (limit_ != 0 && entries_.size() == limit_) {
    if (key >= entries_.front().key) return Status::Ok();
    std::pop_heap(entries_.begin(), entries_.end());
    bytes_ -= entries_.back().size();
    entries_.pop_back();
  }
  Entry entry;
  entry.key = key;
  entry.document_size = row.document.size();
  entry.bytes.reserve(entry.document_size + row.suffix.size());
  entry.bytes.append(row.document.bytes()).append(row.suffix);
  bytes_ += entry.size();
  if (bytes_ > kOperatorBytesMax) return OutOfMemory("Sort");
  entries_.push_back(std::move(entry));
  if (limit_ != 0) std::push_heap(entries_.begin(), entries_.end());
  return Status::Ok();
}

Status Sorter::Fill() {
  std::string key;
  for (uint64_t sequence = 0;; ++sequence) {
    CAIRN_TRY_ASSIGN(const bool more, input_->Next());
    if (!more) break;
    key.clear();
    CAIRN_TRY(sort_keys_.Append(input_->row().document, &key));
    base::AppendBig(&key, sequence);
    CAIRN_TRY(Add(input_->row(), key));
  }
  if (limit_ != 0) {
    std::sort_heap(entries_.begin(), entries_.end());
  } else {
    std::sort(entries_.begin(), entries_.end());
  }
  input_.reset();
  context_->ReleaseSnapshot();
  return Status::Ok();
}

Result<bool> Sorter::Next() {
  if (input_ != nullptr) CAIRN_TRY(Fill());
  if (next_ != 0) entries_[next_ - 1] = Entry();
  if (next_ == entries_.size()) return false;
  const Entry& entry = entries_[next_++];
  row_.document = bson::View(entry.bytes.data());
  row_.suffix = std::string_view(entry.bytes).substr(entry.document_size);
  return true;
}

}  // namespace cairn::exec
