// SPDX-License-Identifier: Apache-2.0
// Which documents an index scan has given already: a document with several entries, or one that is
// moved ahead of the scan by a write, is given once.
//
// Open addressing over 16-byte fingerprints. A suffix of up to 15 bytes, which is every ObjectId
// and number, is its own fingerprint; a longer one is hashed with a key that is random for each
// set. Thread safety: belongs to its operator.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "cairn/status.h"
#include "cairn/work_memory.h"

namespace cairn::exec {

class SeenSet {
 public:
  /// `seed`: unpredictable bits.
  explicit SeenSet(uint64_t seed) : seed_(seed) {}

  bool Contains(std::string_view suffix) const;
  /// False when it was there. Error QueryExceededMemoryLimitNoDiskUseAllowed.
  Result<bool> Insert(std::string_view suffix);
  size_t size() const { return count_; }

 private:
  struct Fingerprint {
    uint64_t low = 0;  // Both 0: a free slot.
    uint64_t high = 0;
    bool operator==(const Fingerprint&) const = default;
  };
  Fingerprint FingerprintOf(std::string_view suffix) const;
  /// The slot that holds `fingerprint`, or the free one where it belongs. There are free slots.
  size_t SlotOf(const Fingerprint& fingerprint) const;
  Status Grow();

  const uint64_t seed_;
  std::vector<Fingerprint> slots_;  // A power of two, at most 3/4 used.
  size_t count_ = 0;
  MemoryShare share_;
};

}  // namespace cairn::exec
