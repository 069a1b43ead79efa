// SPDX-License-Identifier: Apache-2.0
// How operations that take long share the processors and the memory. One that is short never waits.
// One that has worked for a while needs a place, of which there are few: those that have none wait,
// and those that have one give it on after a while, so that all get on and none holds up what is
// short. While the process holds much memory nobody else gets a first place, so that who has begun
// can end; when that does not help, those that began last end with error TemporarilyUnavailable.
//
// Thread safety: any thread.
#pragma once

#include <cstddef>
#include <memory>

#include "cairn/export.h"

namespace cairn {

namespace base {
class Turn;
}

struct TurnsOptions {
  /// Places: as many as there are processors.
  int at_once = 2;
  /// Operations that wait, or would if they held nothing that others wait for. Each keeps its
  /// thread. A further one ends with error TemporarilyUnavailable once it has taken long.
  size_t waiting_max = 100;
  /// What the process may hold in memory, all in all; 0: that is not looked at.
  size_t memory_bytes = 0;
};

class CAIRN_API Turns {
 public:
  explicit Turns(const TurnsOptions& options);
  /// After the last operation that it was given to.
  ~Turns();
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  /// Operations that have had a place.
  size_t long_ones() const;
  /// Those that wait for one, or for the next, or for memory.
  size_t waiting() const;
  /// Threads that are with operations which wait, have a place, or work without one as they cannot
  /// wait: now, and at the most.
  size_t threads() const;
  size_t threads_max() const;

 private:
  friend class base::Turn;
  class Table;
  const std::unique_ptr<Table> table_;
};

}  // namespace cairn
