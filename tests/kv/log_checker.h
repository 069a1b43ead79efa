// SPDX-License-Identifier: Apache-2.0
// What a reader of the commit log must see: every commit once, in order, with ascending timestamps.
#pragma once

#include <string>

#include "engine/kv/store.h"

namespace cairn::kv {

class LogChecker {
 public:
  explicit LogChecker(CommitNumber after) : last_(after) {}

  /// Empty, or what is wrong with `entry` as the next one.
  std::string Check(const LogEntry& entry) {
    const std::string at = "commit " + std::to_string(entry.number);
    if (entry.number <= last_) return at + " again or out of order after " + std::to_string(last_);
    if (entry.number != last_ + 1) return at + " after a gap: " + std::to_string(last_);
    if (entry.timestamp <= timestamp_) return at + " does not have an ascending timestamp";
    last_ = entry.number;
    timestamp_ = entry.timestamp;
    return "";
  }
  CommitNumber last() const { return last_; }

 private:
  CommitNumber last_;
  uint64_t timestamp_ = 0;
};

}  // namespace cairn::kv
