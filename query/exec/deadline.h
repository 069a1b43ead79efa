// SPDX-License-Identifier: Apache-2.0
// When work has to stop: its time is used up, or somebody asked for it to stop. One for all the
// operators of a query or pipeline. Thread safety: belongs to one thread at a time; the stop may be
// requested from any.
#pragma once

#include <cstdint>
#include <stop_token>

#include "cairn/status.h"
#include "engine/base/clock.h"

namespace cairn::exec {

class Deadline {
 public:
  /// `max_time_ms`: of work between Resume and Suspend; 0: no limit. Borrows `clock`.
  Deadline(base::Clock* clock, int64_t max_time_ms, std::stop_token stop)
      : clock_(clock),
        stop_(std::move(stop)),
        time_left_us_(max_time_ms > INT64_MAX / 1000 ? INT64_MAX : max_time_ms * 1000),
        timed_(max_time_ms > 0) {}

  /// The clock of max_time_ms runs.
  void Resume() {
    if (timed_) started_us_ = clock_->MonotonicUs();
  }
  /// It stands.
  void Suspend() {
    if (timed_) time_left_us_ -= clock_->MonotonicUs() - started_us_;
  }

  /// Errors: MaxTimeMSExpired, Interrupted.
  Status Check() const { return CheckAt(timed_ ? clock_->MonotonicUs() : 0); }
  /// The same at a time that was just read.
  Status CheckAt(int64_t now_us) const {
    if (stop_.stop_requested()) {
      return Status(ErrorCode::kInterrupted, "operation was interrupted");
    }
    if (timed_ && now_us - started_us_ >= time_left_us_) {
      return Status(ErrorCode::kMaxTimeMSExpired, "operation exceeded time limit");
    }
    return Status::Ok();
  }

 private:
  base::Clock* const clock_;
  const std::stop_token stop_;
  int64_t time_left_us_;
  int64_t started_us_ = 0;
  const bool timed_;
};

}  // namespace cairn::exec
