// SPDX-License-Identifier: Apache-2.0
// One writer at a time, without a hand-off: whoever is inside also works off the entries that
// arrive meanwhile, as one group. A lone writer pays one atomic exchange on the way in and a store
// and a load on the way out. After kRoundsMax groups the one inside passes the section to a waiting
// thread, so that no thread serves the others for ever. Thread safety: any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

namespace cairn::kv {

class CommitQueue {
 public:
  /// Something to be done inside; lives on the stack of the thread that enters.
  class Entry {
   private:
    friend class CommitQueue;
    enum class State { kWaiting, kLead, kDone };

    Entry* next_ = nullptr;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<State> state_{State::kWaiting};  // Changed under the mutex.
  };

  /// Works off a group, inside the section. Called by one thread at a time.
  using Worker = std::function<void(const std::vector<Entry*>& group)>;

  explicit CommitQueue(Worker worker) : worker_(std::move(worker)) {}
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  /// Returns when the worker has worked off `entry`, here or on another thread.
  void Enter(Entry* entry);

 private:
  static constexpr int kRoundsMax = 8;
  /// A group takes a few microseconds, a sleep and a wake-up longer.
  static constexpr int kLooksBeforeSleep = 100;

  void Push(Entry* entry);
  void Lead(Entry* own);
  void TakeArrivals();
  static void Signal(Entry* entry, Entry::State state);

  const Worker worker_;
  std::atomic<bool> inside_{false};
  std::atomic<Entry*> arrivals_{nullptr};  // newest first
  // Of the one inside:
  std::vector<Entry*> group_;
};

}  // namespace cairn::kv
