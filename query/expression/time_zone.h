// SPDX-License-Identifier: Apache-2.0
// Time zones: offsets such as +05:30 and the names of the Olson database, which ICU knows.
// Thread safety: immutable values; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "cairn/status.h"
#include "query/expression/calendar.h"

namespace cairn::expression {

class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;
  /// By name, which is case-sensitive, or as ±HH, ±HHMM or ±HH:MM. Error: Location40485.
  static Result<TimeZone> Find(std::string_view name);
  /// What `name` says as an offset in seconds; empty when it is none.
  static std::optional<int64_t> ParseOffset(std::string_view name);
  static TimeZone OfOffset(int64_t seconds);

  /// Whether it is UTC under any of its names.
  bool IsUtc() const { return zone_ == nullptr && offset_ == 0; }
  /// Seconds that its clocks are ahead of UTC at a moment.
  int64_t OffsetAt(int64_t utc_ms) const;
  /// What its clocks show.
  LocalTime Local(int64_t utc_ms) const;
  /// The moment at which its clocks show `local_seconds`, in seconds of UTC. A time that a clock
  /// put forward leaves out is counted from before the change.
  int64_t UtcSeconds(int64_t local_seconds) const;
  /// The same with milliseconds; empty beyond what a date can hold.
  std::optional<int64_t> UtcMs(const LocalTime& local) const;

 private:
  struct Zone;
  int64_t OffsetAtSeconds(int64_t utc_seconds) const;
  int64_t offset_ = 0;
  // Shared: copies are made on each evaluation, and zones are immutable.
  std::shared_ptr<const Zone> zone_;
};

}  // namespace cairn::expression
