// SPDX-License-Identifier: Apache-2.0
#include "cairn/turns.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "cairn/work_memory.h"
#include "engine/base/deadline.h"
#include "engine/base/out_of_memory.h"
#include "engine/base/process_memory.h"
#include "engine/base/try.h"
#include "engine/base/turn.h"

namespace cairn {
namespace {

constexpr int64_t kFreeMs = 20;        // An operation's time before it needs a place.
constexpr int64_t kCrowdedFreeMs = 4;  // The same when many wait.
constexpr int64_t kPlaceMs = 50;
constexpr int64_t kLookMs =
    4;  // Between two looks of one operation; about what the clock can tell.
constexpr std::chrono::milliseconds kWaitMs(100);  // Between two looks of one that waits.
constexpr int64_t kFirstPlaceWaitMs = 20'000;
constexpr int64_t kMemoryWaitMs = 5'000;
constexpr std::chrono::milliseconds kMemoryLookMs(5);  // Of the first who waits for some.
constexpr int64_t kEvictEveryMs = 20;  // What one has held comes back within about that time.
constexpr int64_t kTrimEveryMs = 250;

int64_t NowMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

Status Unavailable(const char* why) {
  return Status(ErrorCode::kTemporarilyUnavailable, std::string(why) + "; try again later");
}

Status ShortOfMemory() { return Unavailable("other work leaves too little memory"); }

}  // namespace

class Turns::Table {
 public:
  explicit Table(const TurnsOptions& options) : options_(options) {}

  int64_t FreeMs() const {
    return waiting_count_.load(std::memory_order_relaxed) * 2 < options_.waiting_max
               ? kFreeMs
               : kCrowdedFreeMs;
  }

  // Whether something may be begun that is likely to be short.
  bool HasRoom() { return options_.memory_bytes == 0 || memory_.Held(NowMs()) < RoomBytes(); }

  // Sees to it that the process gives memory back, whosever it is.
  void Look(base::Turn* turn, int64_t now_ms) {
    if (options_.memory_bytes == 0) return;
    size_t held = memory_.Held(now_ms);
    if (held < RoomBytes()) return;
    if (memory_.Trim(now_ms, kTrimEveryMs)) held = memory_.Held(now_ms);
    if (held < EvictBytes()) return;
    const std::scoped_lock lock(mutex_);
    if (now_ms < next_eviction_ms_) return;
    base::Turn* last = turn;
    if (first_places_.size() > 1) {
      last = first_places_.rbegin()->second;
    } else if (first_places_.empty() || turn->number_ != 0) {
      return;  // It is alone, and its operators have bounds of their own.
    }
    next_eviction_ms_ = now_ms + kEvictEveryMs;
    last->evicted_.store(true);
    last->changed_.notify_one();
  }

  Status Yield(base::Turn* turn, const base::Deadline& deadline) {
    std::unique_lock lock(mutex_);
    if (turn->has_place_ && waiting_.empty()) return Status::Ok();
    GiveBack(turn);
    if (Status refused = Refusal(turn); !refused.ok()) {
      Count();
      return refused;
    }
    waiting_.push_back(turn);
    GivePlaces();
    const int64_t give_up_ms = NowMs() + kFirstPlaceWaitMs;
    while (!turn->has_place_) {
      turn->changed_.wait_for(lock, kWaitMs,
                              [turn] { return turn->has_place_ || turn->evicted_.load(); });
      if (turn->has_place_) break;
      Status status = turn->evicted_.load() ? ShortOfMemory() : deadline.CheckItself();
      if (status.ok() && turn->number_ == 0 && NowMs() >= give_up_ms) status = ShortOfMemory();
      if (!status.ok()) {
        std::erase(waiting_, turn);
        Count();
        return status;
      }
      GivePlaces();
    }
    return Status::Ok();
  }

  Status AwaitMemory(base::Turn* turn, size_t bytes, MemoryShare* share,
                     const base::Deadline& deadline) {
    std::unique_lock lock(mutex_);
    GiveBack(turn);
    if (Full()) {
      GivePlaces();
      return ShortOfMemory();
    }
    short_of_memory_.push_back(turn);
    GivePlaces();
    const int64_t give_up_ms = NowMs() + kMemoryWaitMs;
    Status status;
    bool covered = false;
    while (status.ok() && !covered) {
      const bool first = short_of_memory_.front() == turn;
      covered = first && share->Cover(bytes);
      if (covered) break;
      turn->changed_.wait_for(lock, first ? kMemoryLookMs : kWaitMs);
      status =
          turn->evicted_.load() || NowMs() >= give_up_ms ? ShortOfMemory() : deadline.CheckItself();
    }
    std::erase(short_of_memory_, turn);
    if (!short_of_memory_.empty()) short_of_memory_.front()->changed_.notify_one();
    Count();
    return status;
  }

  // Of one that has worked for long and cannot wait now. Its place is others' meanwhile.
  Status WorkBeside(base::Turn* turn) {
    const std::scoped_lock lock(mutex_);
    if (turn->beside_) return Status::Ok();
    if (Full()) return turn->number_ == 0 ? TooMany() : Status::Ok();
    GiveBack(turn);
    turn->beside_ = true;
    ++beside_;
    GivePlaces();
    return Status::Ok();
  }

  void Leave(base::Turn* turn) {
    const std::scoped_lock lock(mutex_);
    first_places_.erase(turn->number_);
    turn->number_ = 0;
    turn->evicted_.store(false);
    GiveBack(turn);
    GivePlaces();
  }

  size_t long_ones() const {
    const std::scoped_lock lock(mutex_);
    return first_places_.size();
  }
  size_t waiting() const { return waiting_count_.load(std::memory_order_relaxed); }
  size_t threads() const { return threads_.load(std::memory_order_relaxed); }
  size_t threads_max() const {
    return options_.waiting_max + static_cast<size_t>(options_.at_once);
  }

 private:
  static Status TooMany() { return Unavailable("too many operations take long at the same time"); }
  bool Full() const { return waiting() + beside_ >= options_.waiting_max; }
  // Whether one more may have its first place, once one is free.
  bool Admits() { return first_places_.empty() || HasRoomForLong(); }
  // Of one that would wait for its first place.
  Status Refusal(const base::Turn* turn) {
    if (turn->number_ != 0) return Status::Ok();
    const bool admits = Admits();
    if (taken_ < options_.at_once && admits) return Status::Ok();
    if (Full()) return TooMany();
    // It would wait with what it holds, of which there is little.
    return turn->can_begin_again_ && !admits ? ShortOfMemory() : Status::Ok();
  }
  // Those who have had a place will want more than they hold now.
  bool HasRoomForLong() {
    int64_t bytes = 0;
    for (const auto& [number, turn] : first_places_) {
      bytes += turn->work_bytes_.load(std::memory_order_relaxed);
    }
    return bytes <= static_cast<int64_t>(WorkMemory::bytes_max() / 8) && HasRoom();
  }
  // The rest is for what operations make while they are short, and for what is no operation's.
  size_t RoomBytes() const { return options_.memory_bytes / 10 * 7; }
  size_t EvictBytes() const { return options_.memory_bytes / 10 * 9; }

  // To be called once something has changed.
  void Count() {
    const size_t waiting = waiting_.size() + short_of_memory_.size();
    waiting_count_.store(waiting, std::memory_order_relaxed);
    threads_.store(waiting + beside_ + static_cast<size_t>(taken_), std::memory_order_relaxed);
  }

  void GiveBack(base::Turn* turn) {
    if (turn->has_place_) --taken_;
    turn->has_place_ = false;
    if (turn->beside_) --beside_;
    turn->beside_ = false;
  }

  void GivePlaces() {
    const bool admits = !waiting_.empty() && taken_ < options_.at_once && Admits();
    while (taken_ < options_.at_once) {
      const auto next = std::ranges::find_if(waiting_, [&](const base::Turn* turn) {
        return turn->number_ != 0 || admits || first_places_.empty();
      });
      if (next == waiting_.end()) break;
      base::Turn* const turn = *next;
      waiting_.erase(next);
      if (turn->number_ == 0) {
        turn->number_ = ++last_number_;
        first_places_.emplace(turn->number_, turn);
      }
      turn->has_place_ = true;
      ++taken_;
      turn->changed_.notify_one();
    }
    Count();
  }

  const TurnsOptions options_;
  base::ProcessMemory memory_;
  std::atomic<size_t> waiting_count_{0};
  std::atomic<size_t> threads_{0};
  mutable std::mutex mutex_;
  // Guarded by it.
  int taken_ = 0;
  size_t beside_ = 0;                             // Who works without a place.
  std::deque<base::Turn*> waiting_;               // For a place.
  std::deque<base::Turn*> short_of_memory_;       // Of whom the first is next.
  std::map<uint64_t, base::Turn*> first_places_;  // Who has had a place, by its number.
  uint64_t last_number_ = 0;
  int64_t next_eviction_ms_ = 0;
};

Turns::Turns(const TurnsOptions& options) : table_(std::make_unique<Table>(options)) {}

Turns::~Turns() = default;

size_t Turns::long_ones() const { return table_->long_ones(); }

size_t Turns::waiting() const { return table_->waiting(); }

size_t Turns::threads() const { return table_->threads(); }

size_t Turns::threads_max() const { return table_->threads_max(); }

namespace base {

Turn::Turn(Turns* turns, bool can_begin_again)
    : table_(turns == nullptr ? nullptr : turns->table_.get()),
      can_begin_again_(can_begin_again),
      next_look_ms_(0),
      until_ms_(table_ == nullptr ? 0 : NowMs() + table_->FreeMs()) {
  BeginOperation();
}

Turn::~Turn() {
  if (number_ != 0 || beside_) table_->Leave(this);
}

Status Turn::Step(const Deadline& deadline) {
  if (table_ == nullptr) return Status::Ok();
  const int64_t now_ms = NowMs();
  if (now_ms < next_look_ms_) return Status::Ok();
  next_look_ms_ = now_ms + kLookMs;
  if (unbroken_ > 0) return now_ms < until_ms_ ? Status::Ok() : table_->WorkBeside(this);
  work_bytes_.store(OperationBytes(), std::memory_order_relaxed);
  table_->Look(this, now_ms);
  if (evicted_.load()) return ShortOfMemory();
  if (now_ms < until_ms_) return Status::Ok();
  return Yield(deadline);
}

Status Turn::Yield(const Deadline& deadline) {
  CAIRN_TRY(table_->Yield(this, deadline));
  until_ms_ = NowMs() + kPlaceMs;
  return Status::Ok();
}

Status Turn::AwaitRoom(const Deadline& deadline) {
  if (table_ == nullptr || unbroken_ > 0 || table_->HasRoom()) return Status::Ok();
  return Yield(deadline);
}

Status Turn::BeginAgain(const Deadline& deadline) {
  if (table_ == nullptr) return ShortOfMemory();
  table_->Leave(this);
  can_begin_again_ = false;
  BeginOperation();
  work_bytes_.store(0, std::memory_order_relaxed);
  return Yield(deadline);
}

void Turn::Rest() {
  if (table_ == nullptr) return;
  if (number_ != 0 || beside_) table_->Leave(this);
  until_ms_ = NowMs() + table_->FreeMs();
}

Status Turn::AwaitMemory(size_t bytes, MemoryShare* share, const Deadline& deadline) {
  const size_t wanted = std::min(bytes, WorkMemory::bytes_max());
  if (share->Cover(wanted)) return Status::Ok();
  if (table_ == nullptr || unbroken_ > 0) return ShortOfMemory();
  return table_->AwaitMemory(this, wanted, share, deadline);
}

}  // namespace base
}  // namespace cairn
