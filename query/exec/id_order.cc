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

Status IdOrder::Collect(Owned first) {
  const std::string prefix = first.suffix.substr(0, kOrderedBytes);
  size_t bytes = first.document.size();
  group_.clear();
  group_.push_back(std::move(first));
  next_in_group_ = 0;
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
    bytes += row.document.size() + row.suffix.size();
    if (!Fits(bytes, &share_)) return OutOfMemory("Sort");
    group_.push_back(std::move(row));
  }
  const auto before = [this](const Owned& a, const Owned& b) {
    const int order =
        bson::Compare(bson::View(a.document.data())["_id"], bson::View(b.document.data())["_id"]);
    return descending_ ? order > 0 : order < 0;
  };
  std::stable_sort(group_.begin(), group_.end(), before);
  return Status::Ok();
}

Result<bool> IdOrder::Next() {
  if (next_in_group_ == group_.size()) {
    if (pending_.has_value()) {
      Owned first = std::move(*pending_);
      pending_.reset();
      CAIRN_TRY(Collect(std::move(first)));
    } else {
      if (input_ended_) return false;
      CAIRN_TRY_ASSIGN(const bool more, input_->Next());
      if (!more) return false;
      row_ = input_->row();
      if (row_.suffix.size() < kOrderedBytes) [[likely]]
        return true;
      CAIRN_TRY(Collect(Copy(row_)));
    }
  }
  Show(group_[next_in_group_++]);
  return true;
}

}  // namespace cairn::exec
