// SPDX-License-Identifier: Apache-2.0
// When work has to stop: its time is used up, or somebody asked for it to stop. One for a whole
// operation, or for all the operators of a cursor. While it runs, it is the one that long loops
// anywhere below ask with CheckRunning: those in expressions, regular expressions, filters and
// sorts, which know nothing of the operation that they belong to. Deadlines nest: an inner one
// stops also when an outer one does. The outermost is the operation's, and knows its turn (turn.h).
// Thread safety: belongs to one thread at a time; the stop may be requested from any.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <utility>

#include "cairn/status.h"
#include "engine/base/clock.h"
#include "engine/base/turn.h"

namespace cairn::base {

class Deadline {
 public:
  /// `max_time_ms`: of work while it runs; 0: no limit. Borrows `clock`.
  /// `turn`: of the operation, which is asked whenever this is; null: none. Borrowed.
  Deadline(Clock* clock, int64_t max_time_ms, std::stop_token stop, Turn* turn = nullptr)
      : clock_(clock),
        turn_(turn),
        stop_(std::move(stop)),
        time_left_us_(max_time_ms > INT64_MAX / 1000 ? INT64_MAX : max_time_ms * 1000),
        timed_(max_time_ms > 0) {}
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// While it lives, its time passes and this thread's loops ask it. Scopes of one thread nest.
  class Running {
   public:
    /// Null: nothing changes. Borrows `deadline`.
    explicit Running(Deadline* deadline) : deadline_(deadline) {
      if (deadline_ != nullptr) deadline_->Resume();
    }
    ~Running() {
      if (deadline_ != nullptr) deadline_->Suspend();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    Deadline* const deadline_;
  };

  /// May wait until it is the operation's turn. No time passes while it does not run. Errors:
  /// MaxTimeMSExpired, Interrupted, TemporarilyUnavailable.
  Status Check() const { return CheckAt(timed_ ? clock_->MonotonicUs() : 0); }
  /// The same at a time that was just read.
  Status CheckAt(int64_t now_us) const {
    if (Status status = CheckItselfAt(now_us); !status.ok()) return status;
    if (outer_ != nullptr) return outer_->Check();
    return turn_ == nullptr ? Status::Ok() : turn_->Step(*this);
  }
  /// Without its outer ones and without a turn. Errors: MaxTimeMSExpired, Interrupted.
  Status CheckItself() const { return CheckItselfAt(timed_ ? clock_->MonotonicUs() : 0); }
  /// Of the deadline that runs on this thread; no error when none does.
  static Status CheckRunning() { return running_ == nullptr ? Status::Ok() : running_->Check(); }

 private:
  Status CheckItselfAt(int64_t now_us) const {
    if (stop_.stop_requested()) {
      return Status(ErrorCode::kInterrupted, "operation was interrupted");
    }
    if (timed_ && std::max(now_us - started_us_, int64_t{0}) >= time_left_us_) {
      return Status(ErrorCode::kMaxTimeMSExpired, "operation exceeded time limit");
    }
    return Status::Ok();
  }
  void Resume() {
    outer_ = std::exchange(running_, this);
    if (timed_) started_us_ = clock_->MonotonicUs();
  }
  void Suspend() {
    running_ = std::exchange(outer_, nullptr);
    if (timed_) time_left_us_ -= clock_->MonotonicUs() - std::exchange(started_us_, INT64_MAX);
  }

  inline static thread_local Deadline* running_ = nullptr;

  Clock* const clock_;
  Turn* const turn_;
  const std::stop_token stop_;
  Deadline* outer_ = nullptr;  // Which ran on this thread before.
  int64_t time_left_us_;
  int64_t started_us_ = INT64_MAX;  // That, while it does not run.
  const bool timed_;
};

/// For a loop of many short steps: asks the running deadline once in so many of them.
template <size_t kStepsBetweenChecks>
class Pace {
 public:
  Status Step() {
    return ++steps_ % kStepsBetweenChecks == 0 ? Deadline::CheckRunning() : Status::Ok();
  }

 private:
  size_t steps_ = 0;
};

}  // namespace cairn::base
