// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/latches.h"

#include <algorithm>
#include <chrono>

namespace cairn::kv {
namespace {

/// What this thread's last holder wanted and did not get.
struct Hint {
  const Latches* latches = nullptr;
  std::vector<uint16_t> stripes;  // ascending
};
thread_local Hint hint;

}  // namespace

bool Latches::TryAcquire(uint32_t stripe) {
  uint32_t free = 0;
  return stripes_[stripe].compare_exchange_strong(free, 1, std::memory_order_acquire);
}

bool Latches::Acquire(uint32_t stripe) {
  if (TryAcquire(stripe)) return true;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kWaitMsMax);
  ParkingLot& lot = parking_lots_[stripe % kParkingLots];
  std::unique_lock lock(lot.mutex);
  // Taking it as "held and somebody waits" is right even when nobody else does: it only costs the
  // release a look into the parking lot.
  while (stripes_[stripe].exchange(2, std::memory_order_acquire) != 0) {
    if (lot.changed.wait_until(lock, deadline) == std::cv_status::timeout) {
      return stripes_[stripe].exchange(2, std::memory_order_acquire) == 0;
    }
  }
  return true;
}

void Latches::Release(uint32_t stripe) {
  if (stripes_[stripe].exchange(0, std::memory_order_release) == 1) return;
  ParkingLot& lot = parking_lots_[stripe % kParkingLots];
  std::lock_guard lock(lot.mutex);
  lot.changed.notify_all();
}

bool LatchHolder::Holds(uint32_t stripe) const {
  if (bitmap_) return ((*bitmap_)[stripe / 64] >> (stripe % 64) & 1) != 0;
  return std::find(held_.begin(), held_.end(), stripe) != held_.end();
}

void LatchHolder::Add(uint32_t stripe) {
  held_.push_back(static_cast<uint16_t>(stripe));
  highest_ = std::max(highest_, stripe);
  if (bitmap_) {
    (*bitmap_)[stripe / 64] |= uint64_t{1} << (stripe % 64);
  } else if (held_.size() > kLinearMax) {
    bitmap_ = std::make_unique<std::array<uint64_t, Latches::kStripes / 64>>();
    for (const uint16_t held : held_) (*bitmap_)[held / 64] |= uint64_t{1} << (held % 64);
  }
}

bool LatchHolder::TakeHinted() {
  const std::vector<uint16_t> wanted = std::move(hint.stripes);
  hint.stripes.clear();
  for (const uint16_t stripe : wanted) {
    if (!latches_->Acquire(stripe)) {
      hint.stripes = wanted;
      return false;
    }
    Add(stripe);
  }
  return true;
}

void LatchHolder::LeaveHint(uint32_t wanted) const {
  hint.latches = latches_;
  hint.stripes.assign(held_.begin(), held_.end());
  hint.stripes.push_back(static_cast<uint16_t>(wanted));
  std::sort(hint.stripes.begin(), hint.stripes.end());
}

bool LatchHolder::Hold(uint64_t key_hash) {
  if (held_.empty() && !hint.stripes.empty() && hint.latches == latches_ && !TakeHinted()) {
    return false;
  }
  const uint32_t stripe = Latches::StripeOf(key_hash);
  if (Holds(stripe)) return true;
  const bool may_block = held_.empty() || stripe > highest_;
  if (!(may_block ? latches_->Acquire(stripe) : latches_->TryAcquire(stripe))) {
    LeaveHint(stripe);
    return false;
  }
  Add(stripe);
  return true;
}

void LatchHolder::ReleaseAll() {
  for (const uint16_t stripe : held_) latches_->Release(stripe);
  held_.clear();
  highest_ = 0;
  bitmap_.reset();
}

}  // namespace cairn::kv
