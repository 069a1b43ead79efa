// SPDX-License-Identifier: Apache-2.0
// The connections that a worker took at one time. It takes each out before it works at it, so that
// what is left can be given to others when one of them takes long. How many are taken goes by how
// long they took lately: many short ones spare system calls, and their replies leave together.
//
// Thread safety: TakeOut from any thread, the rest from the worker.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace cairn::server {

class Connection;

class Batch {
 public:
  static constexpr size_t kMost = 16;

  /// How many to take now.
  int Room() const {
    return static_cast<int>(std::clamp<int64_t>(kLong / std::max(each_, Nanoseconds(1)), 1, kMost));
  }
  void Begin() {
    count_ = 0;
    ++rounds_;
    begun_ = Clock::now();
  }
  void Add(Connection* connection) { Put(count_++, connection); }
  void Put(size_t at, Connection* connection) {
    left_[at].store(connection, std::memory_order_release);
  }
  size_t count() const { return count_; }
  /// Whether it is to be found out what these take: of few, as asking takes time, too.
  bool IsMeasured() const { return count_ > 1 && rounds_ % kMeasuredOf == 0; }
  /// Null when it has been taken.
  Connection* TakeOut(size_t at) { return left_[at].exchange(nullptr, std::memory_order_acq_rel); }
  void End() {
    if (count_ == 0) return;
    const Nanoseconds each = (Clock::now() - begun_) / count_;
    each_ += (std::min(each, kLong) - each_) / 4;
  }

  /// Events taken, and as many that were ready without one.
  static constexpr size_t kSize = 2 * kMost;

 private:
  using Clock = std::chrono::steady_clock;
  using Nanoseconds = std::chrono::nanoseconds;
  static constexpr Nanoseconds kLong = std::chrono::microseconds(400);  // For a batch, about.

  static constexpr uint32_t kMeasuredOf = 8;

  std::array<std::atomic<Connection*>, kSize> left_{};
  size_t count_ = 0;
  uint32_t rounds_ = 0;
  Clock::time_point begun_;
  Nanoseconds each_ = kLong;  // One of them lately, about.
};

}  // namespace cairn::server
