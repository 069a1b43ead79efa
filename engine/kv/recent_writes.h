// SPDX-License-Identifier: Apache-2.0
// The bounded table that answers "has this key changed since commit N?" for the newest commits. It
// may say yes wrongly (another key looked alike, or the key was too long ago to be remembered),
// never no wrongly.
//
// 2^16 buckets of one cache line: word 0 is the newest commit number that the bucket has forgotten;
// words 1-7 are (commit number << 16 | 16 bits of the key's hash). The oldest word makes room.
// Thread safety: Record by one thread at a time (the commit section); ChangedSince from any thread.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/kv/store.h"

namespace cairn::kv {

class RecentWrites {
 public:
  RecentWrites();
  ~RecentWrites();
  RecentWrites(const RecentWrites&) = delete;
  RecentWrites& operator=(const RecentWrites&) = delete;

  void Record(uint64_t hash, CommitNumber number);
  bool ChangedSince(uint64_t hash, CommitNumber number) const;
  /// What was recorded of `hash` and what shares its bucket with numbers above `number` did not
  /// come about: it counts as of `number`. By the thread that records.
  void Lower(uint64_t hash, CommitNumber number);
  /// Record of `hash` is going to follow.
  void Prefetch(uint64_t hash) const { __builtin_prefetch(Bucket(hash), 1); }

 private:
  static constexpr int kBucketBits = 16;
  static constexpr int kWords = 8;

  uint64_t* Bucket(uint64_t hash) const { return words_ + (hash >> (64 - kBucketBits)) * kWords; }

  uint64_t* words_;
};

}  // namespace cairn::kv
