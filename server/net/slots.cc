// SPDX-License-Identifier: Apache-2.0
#include "server/net/slots.h"

namespace cairn::server {

Slots::Slots(size_t size) : size_(size), slots_(std::make_unique<Slot[]>(size)) {
  free_.reserve(size);
}

Slots::Id Slots::Add(Connection* connection) {
  const std::scoped_lock lock(mutex_);
  if (free_.empty() && used_ == size_) return kNone;
  uint32_t index;
  if (free_.empty()) {
    index = static_cast<uint32_t>(used_++);
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.connection = connection;
  const uint64_t generation = slot.state.load(std::memory_order_relaxed) / kGeneration;
  slot.state.store(generation * kGeneration | kTaken, std::memory_order_release);
  return generation << 32 | index;
}

Connection* Slots::Take(Id id, bool look_again) {
  Slot& slot = At(id);
  uint64_t state = slot.state.load(std::memory_order_relaxed);
  for (;;) {
    if (state / kGeneration != id >> 32) return nullptr;
    const bool taken = (state & kTaken) != 0;
    const uint64_t next = state | kTaken | (taken || look_again ? kLookAgain : 0);
    if (slot.state.compare_exchange_weak(state, next, std::memory_order_acq_rel)) {
      return taken ? nullptr : slot.connection;
    }
  }
}

bool Slots::Leave(Id id) {
  Slot& slot = At(id);
  uint64_t state = slot.state.load(std::memory_order_relaxed);
  for (;;) {
    const bool look_again = (state & kLookAgain) != 0;
    const uint64_t next = state & ~(look_again ? kLookAgain : kTaken);
    if (slot.state.compare_exchange_weak(state, next, std::memory_order_acq_rel)) {
      return !look_again;
    }
  }
}

void Slots::Remove(Id id) {
  Slot& slot = At(id);
  const uint64_t next = ((id >> 32) + 1) % kGenerations;
  slot.state.store(next * kGeneration, std::memory_order_release);
  const std::scoped_lock lock(mutex_);
  free_.push_back(static_cast<uint32_t>(id));
}

}  // namespace cairn::server
