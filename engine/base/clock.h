// SPDX-License-Identifier: Apache-2.0
// Time and randomness as an interface, so that tests can own them.
// Thread safety: every implementation may be called from any thread.
#pragma once

#include <cstdint>

namespace cairn::base {

/// Where time and randomness come from.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall time in milliseconds since 1970-01-01T00:00:00Z; may jump.
  virtual int64_t WallMs() = 0;
  /// Monotonic time in microseconds from an arbitrary start.
  virtual int64_t MonotonicUs() = 0;
  /// 64 unpredictable bits.
  virtual uint64_t Random() = 0;

  /// The system's clock and entropy; lives for the whole process.
  static Clock* System();
};

}  // namespace cairn::base
