// SPDX-License-Identifier: Apache-2.0
#include "query/exec/id_order.h"

#include <algorithm>

#include "engine/base/try.h"
#include "engine/key/encoding.h"

namespace cairn::exec {
namespace {

// Of a cut suffix: its bytes before the digest, which are in order.
constexpr size_t kOrderedBytes = key::kMaxSuffixBytes - key::kDigestBytes;

}  // namespace

void IdOrder::Show(const Owned& owned) {
  row_.document = bson::View(owned.document.data());
  row_.suffix = owned.suffix;
}

void IdOrder::Begin(Owned first) {
  group_bytes_ = first.document.size();
  group_.clear();
  group_.push_back(std::move(first));
  next_in_group_ = 0;
  collecting_ = true;
}

Status IdOrder::Collect() {
  const std::string prefix = group_.front().suffix.substr(0, kOrderedBytes);
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, input_->Next());
    if (!more) {
      input_ended_ = true;
      break;
    }
    Owned row = Copy(input_->row());
    if (!row.suffix.starts_with(prefix)) {
      pending_ = std::move(row);
      break;
    }
    group_bytes_ += row.document.size() + row.suffix.size();
    if (!Fits(group_bytes_, &share_)) return OutOfMemory("Sort", group_bytes_);
    group_.push_back(std::move(row));
  }
  for (Owned& row : group_) {
    CAIRN_TRY(keys_.Append(bson::View(row.document.data()), &row.sort_key));
    group_bytes_ += row.sort_key.size();
  }
  if (!Fits(group_bytes_, &share_)) return OutOfMemory("Sort", group_bytes_);
  std::ranges::stable_sort(group_, {}, &Owned::sort_key);
  collecting_ = false;
  return Status::Ok();
}

Result<bool> IdOrder::Next() {
  if (next_in_group_ == group_.size()) {
    if (pending_.has_value()) {
      Begin(std::move(*pending_));
      pending_.reset();
    } else {
      if (input_ended_) return false;
      CAIRN_TRY_ASSIGN(const bool more, input_->Next());
      if (!more) return false;
      row_ = input_->row();
      if (row_.suffix.size() < kOrderedBytes) [[likely]]
        return true;
      Begin(Copy(row_));
    }
  }
  if (collecting_) CAIRN_TRY(Collect());
  Show(group_[next_in_group_++]);
  return true;
}

}  // namespace cairn::exec
