// SPDX-License-Identifier: Apache-2.0
// Durability as a ticket. Commits are visible at once; this class knows which are synced, syncs
// when somebody waits (a waiting thread syncs by itself when nobody else does; callbacks are served
// by the sync thread) or after an interval, and reports what became durable. Backend-neutral.
//
// Clients that wait for one sync tend to come back together after it. So a sync first waits a
// moment for as many tickets as the last one served, never longer than a quarter of a sync; a lone
// client, or clients that come independently of each other, never wait.
//
// A sync that fails ends all acknowledgements for good: every ticket from then on fails with
// CommitOutcomeUnknown, and it is never tried again. Only a sync that could not be tried because
// the disk is full (OutOfDiskSpace) fails the tickets of the moment and is tried again later.
// Thread safety: any thread. Callbacks run without locks held.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "engine/kv/store.h"

namespace cairn::kv {

/// What a backend does for its Durability.
class SyncTarget {
 public:
  virtual ~SyncTarget() = default;
  /// Makes every visible commit durable. See above for its errors.
  virtual Status SyncLog() = 0;
  virtual CommitNumber visible() const = 0;
  /// Notes outside the acknowledgement path that `number` is durable. At most every kMarkEveryMs.
  virtual void MarkDurable(CommitNumber number) = 0;
  /// Called on the sync thread every few seconds and after WakeForUpkeep.
  virtual void Upkeep() = 0;
};

class Durability {
 public:
  static constexpr int64_t kMarkEveryMs = 100;
  static constexpr int64_t kUpkeepEveryMs = 2000;

  struct Options {
    bool immediate = false;  ///< Visible is durable: an in-memory store.
    int64_t sync_interval_ms = 100;
  };

  Durability(SyncTarget* target, const Options& options) : target_(target), options_(options) {}
  ~Durability() { Stop(); }
  Durability(const Durability&) = delete;
  Durability& operator=(const Durability&) = delete;

  /// Starts the sync thread; everything up to `recovered` is durable.
  void Start(CommitNumber recovered);
  /// Syncs a last time, answers all tickets and ends the thread.
  void Stop();

  CommitNumber durable() const {
    return options_.immediate ? target_->visible() : durable_.load(std::memory_order_acquire);
  }
  Status WaitDurable(CommitNumber number);
  void WhenDurable(CommitNumber number, std::function<void(const Status&)> done);
  /// Waits until something beyond `after` is durable.
  bool WaitBeyond(CommitNumber after, int64_t timeout_ms);

  /// To be called after target->visible() has grown.
  void NoteCommit() {
    if (idle_.load() || (options_.immediate && waiters_.load() != 0)) WakeAll();
  }
  void WakeForUpkeep();

  /// Why acknowledgements have ended, or ok.
  Status failure() const;
  uint64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;
  using Callback = std::function<void(const Status&)>;
  using Lock = std::unique_lock<std::mutex>;

  void Run();
  void SyncOnce(Lock* lock);
  void Gather(Lock* lock);
  /// Whom a new ticket has to wake, once the lock is free again; may be null.
  std::condition_variable* WokenByTicket();
  size_t tickets() const { return callbacks_.size() + waiting_threads_; }
  void ServeCallbacks(Lock* lock);
  void Mark(Lock* lock);
  void RunUpkeep(Lock* lock);
  bool Pause(Lock* lock);
  void WakeAll();
  bool CallbackReady() const;

  SyncTarget* const target_;
  const Options options_;
  std::atomic<CommitNumber> durable_{0};
  std::atomic<bool> idle_{false};  // the sync thread sleeps until the next commit
  std::atomic<int> waiters_{0};    // threads in WaitBeyond
  std::atomic<uint64_t> syncs_{0};

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::condition_variable wake_;     // for the sync thread
  std::condition_variable changed_;  // durable_, syncing_, failure_ or failed_syncs_
  std::multimap<CommitNumber, Callback> callbacks_;
  CommitNumber callbacks_failed_to_ = 0;  // tickets up to here that are not durable have failed
  std::condition_variable gathered_;      // for the one who syncs
  size_t waiting_threads_ = 0;            // in WaitDurable
  size_t last_tickets_ = 0;               // that waited for the last sync
  Clock::duration last_duration_{};       // of the last sync
  bool gathering_ = false;
  bool syncing_ = false;
  bool stopping_ = false;
  bool upkeep_due_ = false;
  uint64_t failed_syncs_ = 0;
  Status failure_;

  // Of the sync thread:
  std::thread thread_;
  CommitNumber marked_ = 0;
  Clock::time_point last_sync_;
  Clock::time_point last_mark_;
  Clock::time_point last_upkeep_;
};

}  // namespace cairn::kv
