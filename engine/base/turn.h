// SPDX-License-Identifier: Apache-2.0
// One operation's part in Turns. Belongs to the operation's thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>

#include "cairn/status.h"
#include "cairn/turns.h"
#include "cairn/work_memory.h"

namespace cairn::base {

class Deadline;

class Turn {
 public:
  /// Null: it is never its turn to wait. Borrows `turns`. `can_begin_again`: where there is little
  /// memory it ends with TemporarilyUnavailable rather than wait for its first place with what it
  /// holds, and BeginAgain follows.
  explicit Turn(Turns* turns, bool can_begin_again = false);
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// To be called now and then while the operation works and holds nothing that others wait for.
  /// Waits when it is others' turn. Errors: TemporarilyUnavailable; while it waits, those of
  /// `deadline`.
  Status Step(const Deadline& deadline);
  /// Before it waits for what takes no work: others get its place, and it is short again.
  void Rest();

  /// Before anything is done: waits while the process holds so much memory that nothing should be
  /// begun. Errors as of Step.
  Status AwaitRoom(const Deadline& deadline);
  /// After TemporarilyUnavailable: waits like one that has done nothing yet. Errors as of Step.
  Status BeginAgain(const Deadline& deadline);
  /// Makes `share` cover `bytes`, or all that there is for work; waits until others leave so much.
  /// Errors as of Step.
  Status AwaitMemory(size_t bytes, MemoryShare* share, const Deadline& deadline);

  /// While it lives, nothing on this thread waits for its turn: it holds what others wait for. What
  /// takes long there works beside those that have a place; TemporarilyUnavailable when too many
  /// do.
  class Unbroken {
   public:
    Unbroken() { ++unbroken_; }
    ~Unbroken() { --unbroken_; }
    Unbroken(const Unbroken&) = delete;
    Unbroken& operator=(const Unbroken&) = delete;
  };

 private:
  friend class Turns::Table;

  Status Yield(const Deadline& deadline);

  inline static thread_local int unbroken_ = 0;

  Turns::Table* const table_;
  bool can_begin_again_;
  int64_t next_look_ms_;
  int64_t until_ms_;  // Then it is others' turn.
  // Under the table's mutex.
  std::condition_variable changed_;
  uint64_t number_ = 0;  // Of its first place, in the order in which they were given; 0: none yet.
  bool has_place_ = false;
  bool beside_ = false;                 // It works without one, as it cannot wait.
  std::atomic<bool> evicted_{false};    // Set under the mutex.
  std::atomic<int64_t> work_bytes_{0};  // OperationBytes, when it was looked at.
};

}  // namespace cairn::base
