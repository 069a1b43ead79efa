// SPDX-License-Identifier: Apache-2.0
// Who drives which connection. Sockets stay in epoll, edge-triggered, so that waiting for one costs
// no system call; in return an event may come while a worker is still at the connection, or after
// it is gone. A connection's slot outlives it: the event names the slot and its generation, and
// takes the connection, or leaves word for the worker who has it, or finds that it is for nobody.
//
// Thread safety: any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace cairn::server {

class Connection;

class Slots {
 public:
  /// Of a slot and its generation, for epoll's data: less than 2^63.
  using Id = uint64_t;
  static constexpr Id kNone = ~Id{0};

  /// So many at a time.
  explicit Slots(size_t size);

  /// The caller has it. kNone when all slots are taken.
  Id Add(Connection* connection);
  /// The connection when nobody has it, and the caller has it from now on; null when somebody has,
  /// who is told by Leave, or when it is gone. `look_again`: Leave is to say so in any case.
  Connection* Take(Id id, bool look_again);
  /// Whether nobody has it any more. False: something has come since it was taken or since the last
  /// call; the caller keeps it, and looks again.
  bool Leave(Id id);
  /// By the one who has it: events that are under way find nothing.
  void Remove(Id id);

 private:
  struct Slot {
    std::atomic<uint64_t> state{0};  // The generation, then the two bits below.
    Connection* connection = nullptr;
  };
  static constexpr uint64_t kTaken = 1;
  static constexpr uint64_t kLookAgain = 2;
  static constexpr uint64_t kGeneration = 4;
  static constexpr uint64_t kGenerations = uint64_t{1} << 31;

  Slot& At(Id id) { return slots_[static_cast<uint32_t>(id)]; }

  const size_t size_;
  const std::unique_ptr<Slot[]> slots_;
  std::mutex mutex_;
  size_t used_ = 0;             // Those from here on have never been.
  std::vector<uint32_t> free_;  // Under the mutex, both.
};

}  // namespace cairn::server
