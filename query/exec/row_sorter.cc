// SPDX-License-Identifier: Apache-2.0
#include "query/exec/row_sorter.h"

#include <algorithm>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "query/exec/read_context.h"

namespace cairn::exec {

RowSorter::RowSorter(const plan::SortPattern* sort,
                     std::shared_ptr<const collation::Collator> collator, uint64_t limit,
                     std::string spill_directory)
    : limit_(limit), spill_directory_(std::move(spill_directory)) {
  if (sort != nullptr) sort_keys_.emplace(sort, std::move(collator));
  if (limit_ == 0) MakeSorter();
}

void RowSorter::MakeSorter() {
  sorter_ = std::make_unique<index::Sorter>(spill_directory_, kOperatorBytesMax, "Sort");
}

Status RowSorter::Add(const Row& row) {
  key_.clear();
  CAIRN_TRY(sort_keys_->Append(row.document, &key_));
  return AddRow(row);
}

Status RowSorter::AddWithKey(std::string_view key, const Row& row) {
  key_ = key;
  return AddRow(row);
}

Status RowSorter::AddRow(const Row& row) {
  base::AppendBig(&key_, added_++);
  bytes_added_ += row.document.size();
  if (sorter_ == nullptr && entries_.size() == limit_ && key_ >= entries_.front().key) {
    return Status::Ok();
  }
  value_.assign(row.document.bytes());
  value_.append(row.suffix);
  return sorter_ == nullptr ? AddToHeap() : sorter_->Add(key_, value_);
}

Status RowSorter::AddToHeap() {
  if (entries_.size() == limit_) {
    std::pop_heap(entries_.begin(), entries_.end());
    bytes_ -= entries_.back().size();
    entries_.pop_back();
  }
  entries_.push_back({key_, value_});
  bytes_ += entries_.back().size();
  std::push_heap(entries_.begin(), entries_.end());
  if (Fits(bytes_, &share_)) return Status::Ok();
  if (spill_directory_.empty()) return OutOfMemory("Sort", bytes_);
  MakeSorter();
  for (Entry& entry : entries_) {
    CAIRN_TRY(sorter_->Add(entry.key, entry.bytes));
    entry = Entry();
  }
  std::vector<Entry>().swap(entries_);
  share_.Release();
  return Status::Ok();
}

Spills RowSorter::spills() const {
  if (sorter_ == nullptr) return {};
  return {sorter_->spilled_runs(), sorter_->spilled_bytes()};
}

Status RowSorter::Finish() {
  if (sorter_ != nullptr) return sorter_->Finish();
  std::sort_heap(entries_.begin(), entries_.end());
  return Status::Ok();
}

void RowSorter::Show(std::string_view value) {
  row_.document = bson::View(value.data());
  row_.suffix = value.substr(row_.document.size());
}

Result<bool> RowSorter::Next() {
  if (sorter_ != nullptr) {
    if (limit_ != 0 && given_ == limit_) return false;
    std::string_view key, value;
    CAIRN_TRY_ASSIGN(const bool more, sorter_->Next(&key, &value));
    if (!more) return false;
    ++given_;
    Show(value);
    return true;
  }
  if (next_ != 0) entries_[next_ - 1] = Entry();
  if (next_ == entries_.size()) return false;
  Show(entries_[next_++].bytes);
  return true;
}

}  // namespace cairn::exec
