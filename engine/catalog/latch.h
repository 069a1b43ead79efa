// SPDX-License-Identifier: Apache-2.0
// A shared latch that cannot starve the exclusive side: once someone waits to hold it alone,
// newcomers wait behind them. One atomic addition to enter shared, one to leave. Not recursive: a
// thread that holds it shared must not enter again. Meets the standard's Lockable and
// SharedLockable names, so std::unique_lock and std::shared_lock work on it. Thread safety: any
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

namespace cairn::catalog {

class Latch {
 public:
  void lock_shared() {
    while (state_.fetch_add(1, std::memory_order_acquire) & kExclusive) [[unlikely]] {
        LeaveShared();
        uint32_t seen = state_.load(std::memory_order_acquire);
        while (seen & kExclusive) {
          state_.wait(seen, std::memory_order_acquire);
          seen = state_.load(std::memory_order_acquire);
        }
      }
  }
  void unlock_shared() { LeaveShared(); }

  void lock() {
    exclusive_.lock();
    uint32_t seen = state_.fetch_or(kExclusive, std::memory_order_acq_rel) | kExclusive;
    while (seen != kExclusive) {
      state_.wait(seen, std::memory_order_acquire);
      seen = state_.load(std::memory_order_acquire);
    }
  }
  void unlock() {
    state_.fetch_and(~kExclusive, std::memory_order_acq_rel);
    state_.notify_all();
    exclusive_.unlock();
  }

 private:
  static constexpr uint32_t kExclusive = uint32_t{1} << 31;

  void LeaveShared() {
    // The last one out wakes whoever waits to be alone.
    if (state_.fetch_sub(1, std::memory_order_acq_rel) == (kExclusive | 1)) [[unlikely]] {
      state_.notify_all();
    }
  }

  std::mutex exclusive_;            // Whose turn it is to hold or await kExclusive.
  std::atomic<uint32_t> state_{0};  // kExclusive | number of shared holders.
};

}  // namespace cairn::catalog
