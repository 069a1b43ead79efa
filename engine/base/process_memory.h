// SPDX-License-Identifier: Apache-2.0
// What this process holds in memory, as the system sees it. Thread safety: any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace cairn::base {

class ProcessMemory {
 public:
  ProcessMemory();
  ~ProcessMemory();
  ProcessMemory(const ProcessMemory&) = delete;
  ProcessMemory& operator=(const ProcessMemory&) = delete;

  /// Bytes, not older than a few milliseconds; 0 where the system does not tell. `now_ms`: of a
  /// monotonic clock.
  size_t Held(int64_t now_ms);
  /// Gives what is free within back to the system, unless that was done less than `every_ms` ago.
  /// Whether it was done now; Held is up to date then.
  bool Trim(int64_t now_ms, int64_t every_ms);

 private:
  void Read(int64_t now_ms);

  const int file_;
  std::atomic<size_t> held_{0};
  std::atomic<int64_t> read_ms_{0};
  std::atomic<int64_t> trimmed_ms_{0};
};

}  // namespace cairn::base
