// SPDX-License-Identifier: Apache-2.0
// Striped latches: transactions that read a key for update hold its stripe until they end, so that
// two of them meet before they do work in vain. Latches only spare conflicts; correctness is the
// commit section's check.
//
// Free of deadlock: a holder blocks only for a stripe above all that it holds, and otherwise tries
// once. A holder that could not get a stripe leaves a hint for its thread, and the thread's next
// holder takes all hinted stripes in ascending order before anything else. Thread safety: Latches
// from any thread; a LatchHolder belongs to one thread at a time (which may change: a stripe is not
// bound to a thread).
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <vector>

namespace cairn::kv {

class Latches {
 public:
  static constexpr uint32_t kStripes = 4096;
  /// A stripe that stays held longer than this is given up as a conflict.
  static constexpr int kWaitMsMax = 500;

  static uint32_t StripeOf(uint64_t hash) { return static_cast<uint32_t>(hash) & (kStripes - 1); }

  bool TryAcquire(uint32_t stripe);
  /// Waits; false when the time is over.
  bool Acquire(uint32_t stripe);
  void Release(uint32_t stripe);

 private:
  struct ParkingLot {
    std::mutex mutex;
    std::condition_variable changed;
  };
  static constexpr uint32_t kParkingLots = 64;

  // 0 free, 1 held, 2 held and somebody waits.
  std::array<std::atomic<uint32_t>, kStripes> stripes_{};
  std::array<ParkingLot, kParkingLots> parking_lots_;
};

class LatchHolder {
 public:
  /// What it notes lies in `memory`.
  explicit LatchHolder(Latches* latches,
                       std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : latches_(latches), held_(memory) {}
  ~LatchHolder() { ReleaseAll(); }
  LatchHolder(const LatchHolder&) = delete;
  LatchHolder& operator=(const LatchHolder&) = delete;

  /// True when the stripe is held afterwards; false: end the transaction and run it again.
  bool Hold(uint64_t key_hash);
  void ReleaseAll();

 private:
  static constexpr size_t kLinearMax = 16;

  bool Holds(uint32_t stripe) const;
  void Add(uint32_t stripe);
  bool TakeHinted();
  void LeaveHint(uint32_t wanted) const;

  Latches* latches_;
  std::pmr::vector<uint16_t> held_;
  uint32_t highest_ = 0;
  std::unique_ptr<std::array<uint64_t, Latches::kStripes / 64>> bitmap_;  // made past kLinearMax
};

}  // namespace cairn::kv
