// SPDX-License-Identifier: Apache-2.0
// How many of the workers wait for work. As many as there are processors are enough while each
// piece of work is short; more would only be woken in vain. For each that has been at its piece for
// longer than a tick, another one is called, so that long work holds up nobody.
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

namespace cairn::server {

class Crew {
 public:
  /// `workers` in all, of whom `places` are called as long as none is long at work.
  Crew(int workers, int places);

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
  /// Looks after the workers, until Dismiss, and says which one is long at its piece of work:
  /// often, as long as it is.
  void Watch(const std::function<void(int number)>& is_long);
  /// Sends home all who are not called, or would not be any more.
  void Dismiss();

 private:
  /// Odd while it works, and another number for each piece.
  struct alignas(64) Worker {
    std::atomic<uint64_t> turn{0};
    uint64_t seen = 0;  // By Watch.
  };
  /// Finds out how many are wanted, and calls them. Whether any works.
  bool Look(const std::function<void(int number)>& is_long);

  const int workers_;
  const int places_;
  const std::unique_ptr<Worker[]> all_;
  std::atomic<bool> watched_{true};
  // Changed under the mutex.
  std::atomic<int> wanted_;
  std::atomic<int> called_{0};
  std::mutex mutex_;
  std::condition_variable called_more_;
  std::condition_variable begun_;
  bool dismissed_ = false;
};

}  // namespace cairn::server
