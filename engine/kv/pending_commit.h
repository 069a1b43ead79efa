// SPDX-License-Identifier: Apache-2.0
// What a transaction hands to the commit section. Backend-neutral. One thread at a time.
#pragma once

#include <memory_resource>
#include <string>
#include <vector>

#include "engine/kv/latches.h"
#include "engine/kv/write_buffer.h"

namespace cairn::kv {

/// A key that was read for update, and the newest commit at that moment.
struct ReadMark {
  uint64_t hash;
  CommitNumber number;
};

/// A change of one collection's counts.
struct CountsChange {
  uint32_t collection_id;
  bool dropped;
  Counts by;
};

struct PendingCommit {
  explicit PendingCommit(Latches* latches) : held(latches, writes.arena()) {}

  bool empty() const { return writes.empty() && counts.empty() && log.empty(); }

  WriteBuffer writes;  // first: the others live in its arena
  std::pmr::vector<ReadMark> reads{writes.arena()};
  std::pmr::vector<CountsChange> counts{writes.arena()};
  std::pmr::string log{writes.arena()};
  LatchHolder held;
  bool snapshot = false;
  CommitNumber read_number = 0;  ///< Of the snapshot.
};

}  // namespace cairn::kv
