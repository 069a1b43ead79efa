// SPDX-License-Identifier: Apache-2.0
// What RocksDB itself says that one thread has read: to check claims such as "reads no document".
// Thread safety: belongs to the thread that made it; one at a time.
#pragma once

#include <cstdint>

namespace cairn::kv {

struct ReadCounters {
  uint64_t point_bytes = 0;  ///< Of values that were read by their keys, one by one or in batches.
  uint64_t scan_bytes = 0;   ///< Of keys and values that scans passed.
};

/// Counts while it lives.
class ReadCounting {
 public:
  ReadCounting();
  ~ReadCounting();
  ReadCounting(const ReadCounting&) = delete;
  ReadCounting& operator=(const ReadCounting&) = delete;

  /// Since the construction.
  ReadCounters counters() const;
};

}  // namespace cairn::kv
