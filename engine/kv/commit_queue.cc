// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/commit_queue.h"

#include <algorithm>

namespace cairn::kv {

namespace {

/// Lets the processor know that this thread only looks.
void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

void CommitQueue::Push(Entry* entry) {
  Entry* head = arrivals_.load(std::memory_order_relaxed);
  do {
    entry->next_ = head;
  } while (!arrivals_.compare_exchange_weak(head, entry));
}

void CommitQueue::TakeArrivals() {
  if (arrivals_.load() == nullptr) return;
  const auto first = static_cast<std::ptrdiff_t>(group_.size());
  for (Entry* entry = arrivals_.exchange(nullptr); entry != nullptr; entry = entry->next_) {
    group_.push_back(entry);
  }
  std::reverse(group_.begin() + first, group_.end());
}

void CommitQueue::Signal(Entry* entry, Entry::State state) {
  // Notified under the lock: the entry may be gone once its thread can take it.
  std::lock_guard lock(entry->mutex_);
  entry->state_ = state;
  entry->changed_.notify_one();
}

void CommitQueue::Enter(Entry* entry) {
  if (!inside_.exchange(true)) {
    group_.push_back(entry);
    return Lead(entry);
  }
  Push(entry);
  // The one inside looks at the arrivals after it has left, so either it sees the entry or this
  // exchange sees that it left.
  if (!inside_.exchange(true)) return Lead(entry);
  for (int looks = 0; looks < kLooksBeforeSleep && entry->state_.load() == Entry::State::kWaiting;
       ++looks) {
    Pause();
  }
  {
    std::unique_lock lock(entry->mutex_);
    entry->changed_.wait(lock, [entry] { return entry->state_ != Entry::State::kWaiting; });
    if (entry->state_ == Entry::State::kDone) return;
  }
  Lead(entry);
}

// On entry this thread holds the section. `own` is in group_ or among the arrivals, and is not
// touched once it may have been signalled.
void CommitQueue::Lead(Entry* own) {
  for (int round = 1;; ++round) {
    TakeArrivals();
    if (!group_.empty()) {
      worker_(group_);
      for (Entry* entry : group_) {
        if (entry != own) Signal(entry, Entry::State::kDone);
      }
      group_.clear();
    }
    inside_.store(false);
    if (arrivals_.load() == nullptr || inside_.exchange(true)) return;
    if (round < kRoundsMax) continue;
    TakeArrivals();
    if (group_.empty()) {
      inside_.store(false);
      if (arrivals_.load() == nullptr || inside_.exchange(true)) return;
      round = 0;
      continue;
    }
    return Signal(group_.front(), Entry::State::kLead);
  }
}

}  // namespace cairn::kv
