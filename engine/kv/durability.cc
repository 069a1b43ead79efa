// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/durability.h"

#include <algorithm>
#include <utility>

namespace cairn::kv {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::milliseconds kGatherMax{2};

Status OutcomeUnknown(const char* why) { return Status(ErrorCode::kCommitOutcomeUnknown, why); }

constexpr const char* kFailed =
    "the commit is visible but could not be synced; whether it survives a crash is unknown";

}  // namespace

void Durability::Start(CommitNumber recovered) {
  durable_.store(recovered);
  marked_ = recovered;
  last_sync_ = last_mark_ = last_upkeep_ = Clock::now();
  thread_ = std::thread([this] { Run(); });
}

void Durability::Stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
    gathered_.notify_all();
  }
  thread_.join();
}

Status Durability::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

void Durability::WakeAll() {
  std::lock_guard lock(mutex_);
  idle_.store(false);
  wake_.notify_all();
  if (options_.immediate) changed_.notify_all();
}

void Durability::WakeForUpkeep() {
  std::lock_guard lock(mutex_);
  upkeep_due_ = true;
  wake_.notify_all();
}

void Durability::Gather(Lock* lock) {
  const size_t wanted = last_tickets_;
  if (tickets() < wanted && !stopping_) {
    gathering_ = true;
    gathered_.wait_for(*lock, std::min<Clock::duration>(last_duration_ / 4, kGatherMax),
                       [&] { return tickets() >= wanted || stopping_; });
    gathering_ = false;
  }
  last_tickets_ = tickets();
}

std::condition_variable* Durability::WokenByTicket() {
  if (gathering_) return tickets() >= last_tickets_ ? &gathered_ : nullptr;
  return syncing_ ? nullptr : &wake_;
}

// Enters and leaves with the lock held and syncing_ false; without the lock in between.
void Durability::SyncOnce(Lock* lock) {
  syncing_ = true;
  Gather(lock);
  // Read before the sync starts: all these are in the log already.
  const CommitNumber target = target_->visible();
  lock->unlock();
  const Clock::time_point begun = Clock::now();
  Status synced = target_->SyncLog();
  const Clock::duration took = Clock::now() - begun;
  lock->lock();
  last_duration_ = took;
  syncing_ = false;
  if (synced.ok()) {
    syncs_.fetch_add(1, std::memory_order_relaxed);
    if (target > durable_.load()) durable_.store(target, std::memory_order_release);
  } else {
    ++failed_syncs_;
    callbacks_failed_to_ = std::max(callbacks_failed_to_, target);
    if (synced.code() != ErrorCode::kOutOfDiskSpace) failure_ = std::move(synced);
  }
  changed_.notify_all();
  if (!callbacks_.empty()) wake_.notify_all();
}

Status Durability::WaitDurable(CommitNumber number) {
  if (number <= durable()) return Status::Ok();
  Lock lock(mutex_);
  const uint64_t failed_before = failed_syncs_;
  while (number > durable()) {
    if (!failure_.ok() || failed_syncs_ != failed_before) return OutcomeUnknown(kFailed);
    if (number > target_->visible()) {
      return Status(ErrorCode::kBadValue, "a commit number that no commit has had yet");
    }
    // Counted while it waits, also as the one who syncs.
    ++waiting_threads_;
    if (syncing_) {
      if (gathering_ && tickets() >= last_tickets_) gathered_.notify_all();
      changed_.wait(lock);
    } else {
      SyncOnce(&lock);
    }
    --waiting_threads_;
  }
  return Status::Ok();
}

void Durability::WhenDurable(CommitNumber number, Callback done) {
  if (number <= durable()) return done(Status::Ok());
  Lock lock(mutex_);
  Status known;
  if (number > target_->visible()) {
    known = Status(ErrorCode::kBadValue, "a commit number that no commit has had yet");
  } else if (!failure_.ok()) {
    known = OutcomeUnknown(kFailed);
  } else if (number > durable_.load()) {
    callbacks_.emplace_hint(callbacks_.end(), number, std::move(done));
    std::condition_variable* const woken = WokenByTicket();
    lock.unlock();
    if (woken != nullptr) woken->notify_all();
    return;
  }
  lock.unlock();
  done(known);
}

bool Durability::WaitBeyond(CommitNumber after, int64_t timeout_ms) {
  if (durable() > after) return true;
  Lock lock(mutex_);
  waiters_.fetch_add(1);
  const bool beyond =
      changed_.wait_for(lock, milliseconds(std::clamp<int64_t>(timeout_ms, 0, 86400000)),
                        [&] { return durable() > after; });
  waiters_.fetch_sub(1);
  return beyond;
}

bool Durability::CallbackReady() const {
  return !callbacks_.empty() && (callbacks_.begin()->first <= durable() || !failure_.ok() ||
                                 callbacks_.begin()->first <= callbacks_failed_to_);
}

void Durability::ServeCallbacks(Lock* lock) {
  while (CallbackReady()) {
    const CommitNumber durable_to = durable();
    const CommitNumber failed_to = failure_.ok() ? callbacks_failed_to_ : ~CommitNumber{0};
    std::multimap<CommitNumber, Callback> ready;
    while (!callbacks_.empty() && callbacks_.begin()->first <= std::max(durable_to, failed_to)) {
      ready.insert(ready.end(), callbacks_.extract(callbacks_.begin()));
    }
    lock->unlock();
    for (auto& [number, done] : ready) {
      done(number <= durable_to ? Status::Ok() : OutcomeUnknown(kFailed));
    }
    lock->lock();
  }
  callbacks_failed_to_ = 0;
}

void Durability::Mark(Lock* lock) {
  const CommitNumber number = durable();
  last_mark_ = Clock::now();
  marked_ = number;
  lock->unlock();
  target_->MarkDurable(number);
  lock->lock();
}

void Durability::RunUpkeep(Lock* lock) {
  upkeep_due_ = false;
  lock->unlock();
  target_->Upkeep();
  lock->lock();
  last_upkeep_ = Clock::now();
}

// Sleeps until there is something to do, or a time is up. True: the interval asks for a sync.
bool Durability::Pause(Lock* lock) {
  const bool can_sync = !options_.immediate && failure_.ok();
  if (can_sync && !callbacks_.empty()) {
    if (!syncing_) return true;
    wake_.wait(*lock);
    return false;
  }
  Clock::time_point until = last_upkeep_ + milliseconds(kUpkeepEveryMs);
  const Clock::time_point sync_at = last_sync_ + milliseconds(options_.sync_interval_ms);
  idle_.store(can_sync);
  const bool unsynced = can_sync && target_->visible() > durable_.load();
  const bool unmarked = !options_.immediate && marked_ < durable_.load();
  if (unsynced || unmarked) idle_.store(false);
  if (unsynced) until = std::min(until, sync_at);
  if (unmarked) until = std::min(until, last_mark_ + milliseconds(kMarkEveryMs));
  if (Clock::now() < until) wake_.wait_until(*lock, until);
  idle_.store(false);
  // The interval begins with the first commit that nobody has synced.
  if (!unsynced) last_sync_ = Clock::now();
  return unsynced && !syncing_ && Clock::now() >= sync_at;
}

void Durability::Run() {
  Lock lock(mutex_);
  while (true) {
    ServeCallbacks(&lock);
    const bool sync_now = !stopping_ && !upkeep_due_ && Pause(&lock);
    if (stopping_) break;
    if (sync_now) {
      SyncOnce(&lock);
      last_sync_ = Clock::now();
      ServeCallbacks(&lock);
    }
    if (!options_.immediate && marked_ < durable() &&
        Clock::now() - last_mark_ >= milliseconds(kMarkEveryMs)) {
      Mark(&lock);
    }
    if (upkeep_due_ || Clock::now() - last_upkeep_ >= milliseconds(kUpkeepEveryMs)) {
      RunUpkeep(&lock);
    }
  }
  while (syncing_) changed_.wait(lock);
  if (!options_.immediate && failure_.ok() && target_->visible() > durable_.load()) {
    SyncOnce(&lock);
  }
  callbacks_failed_to_ = ~CommitNumber{0};
  ServeCallbacks(&lock);
  if (!options_.immediate && marked_ < durable()) Mark(&lock);
}

}  // namespace cairn::kv
