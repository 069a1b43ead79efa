// SPDX-License-Identifier: Apache-2.0
// How many of the workers wait for work. Two for each processor are enough while each piece of work
// is short: while one writes to the log or to a socket another one works. Where to send the replies
// takes longer than to make them, one for each is: more would only be woken in vain, and compete
// with the clients. For each that has been at its piece for longer than a tick, another one is
// called, so that long work holds up nobody. Those whose work takes turns with other long work do
// not count, and more are hired in their place.
//
// Thread safety: Join, Begin and End from the workers, each with its own number; Watch from one
// further thread; Dismiss from any.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "cairn/turns.h"

namespace cairn::server {

class Crew {
 public:
  /// `workers` at work at a time; how many of them are called goes by `processors` as long as none
  /// is long at it. Borrows `turns`; null: no work waits.
  Crew(int workers, int processors, const Turns* turns);

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
  /// What a few pieces took of a processor: to make their replies, and to send them.
  void Took(std::chrono::nanoseconds to_make, std::chrono::nanoseconds to_send) {
    to_make_.fetch_add(to_make.count(), std::memory_order_relaxed);
    to_send_.fetch_add(to_send.count(), std::memory_order_relaxed);
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
  /// How many are called while none is long at its piece.
  int Places();

  const int workers_;
  const int processors_;
  const Turns* const turns_;
  const int size_;
  const std::unique_ptr<Worker[]> all_;
  std::atomic<bool> watched_{true};
  alignas(64) std::atomic<int64_t> to_make_{0};  // Nanoseconds since the last look.
  std::atomic<int64_t> to_send_{0};
  int64_t more_to_make_ = 0;  // Than to send, by Watch, the last looks the most.
  int places_;
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
