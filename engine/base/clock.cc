// SPDX-License-Identifier: Apache-2.0
#include "engine/base/clock.h"

#include <sys/random.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

namespace cairn::base {
namespace {

class SystemClock final : public Clock {
 public:
  int64_t WallMs() override {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }

  int64_t MonotonicUs() override {
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
  }

  uint64_t Random() override {
    // One system call fills many values; a fork must not repeat them.
    thread_local uint64_t pool[32];
    thread_local int left = 0;
    thread_local pid_t owner = 0;
    if (left == 0 || owner != getpid()) {
      // Reads of at most 256 bytes are never cut short once the kernel's pool is ready.
      if (getrandom(pool, sizeof(pool), 0) != static_cast<ssize_t>(sizeof(pool))) std::abort();
      left = 32;
      owner = getpid();
    }
    return pool[--left];
  }
};

}  // namespace

Clock* Clock::System() {
  static SystemClock clock;
  return &clock;
}

}  // namespace cairn::base
