// SPDX-License-Identifier: Apache-2.0
// How many of the workers wait for work. A few for each processor are enough while each piece of
// work is short; more would only be woken in vain. For each that has been at its piece for
// longer than a tick, another one is called, so that long work holds up nobody. Those whose work
// takes turns with other long work do not count, and more are hired in their place.
//
// Thread safety: Join, Begin and End from the workers, each with its own number; Watch from one
// further thread; Dismiss from any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "cairn/turns.h"

namespace cairn::server {

class Crew {
 public:
  /// `workers` at work at a time, of whom `places` are called as long as none is long at it.
  /// Borrows `turns`; null: no work waits.
  Crew(int workers, int places, const Turns* turns);

  /// So many are hired, at the most.
  int size() const { return size_; }

  /// Each worker's first call: returns when it is called. False: go home.
  bool Join();
  /// Worker `number`, from 0, begins a piece of work.
  void Begin(int number);
  /// And, without an end in between, another one.
  void Next(int number) {
    all_[static_cast<size_t>(number)].turn.fetch_add(2, std::memory_order_relaxed);
  }
  /// It has ended it. Returns when it is to wait for the next one, which may be much later. False:
  /// go home.
  bool End(int number);
  struct Foreman {
    /// Starts worker `number`: 0, 1, …. False when the system gives no thread for it now.
    std::function<bool(int number)> hire;
    /// Which one is long at its piece of work: a few times.
    std::function<void(int number)> is_long;
  };
  /// Hires the workers and looks after them, until Dismiss.
  void Watch(const Foreman& foreman);
  /// Sends home all who are not called, or would not be any more.
  void Dismiss();

 private:
  /// Odd while it works, and another number for each piece.
  struct alignas(64) Worker {
    std::atomic<uint64_t> turn{0};
    uint64_t seen = 0;  // By Watch.
    int ticks = 0;      // For which it has been seen at that.
  };
  /// Finds out how many are wanted, and calls them. Whether any works, or is still missing.
  bool Look(const Foreman& foreman);

  const int workers_;
  const int places_;
  const Turns* const turns_;
  const int size_;
  const std::unique_ptr<Worker[]> all_;
  std::atomic<bool> watched_{true};
  // Changed under the mutex.
  int hired_ = 0;
  std::atomic<int> wanted_;
  std::atomic<int> called_{0};
  std::mutex mutex_;
  std::condition_variable called_more_;
  std::condition_variable begun_;
  bool dismissed_ = false;
};

}  // namespace cairn::server
