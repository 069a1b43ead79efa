// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/recent_writes.h"

#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/base/clock.h"
#include "engine/kv/key_hash.h"

namespace cairn::kv {
namespace {

constexpr uint64_t kTagMask = 0xffff;

uint64_t LoadWord(uint64_t& word) { return std::atomic_ref(word).load(std::memory_order_relaxed); }
void StoreWord(uint64_t& word, uint64_t value) {
  std::atomic_ref(word).store(value, std::memory_order_relaxed);
}

}  // namespace

const HashSecret& ProcessHashSecret() {
  static const HashSecret kSecret = {{base::Clock::System()->Random(),
                                      base::Clock::System()->Random() | 1,
                                      base::Clock::System()->Random() | 1}};
  return kSecret;
}

// calloc: the kernel gives zeroed pages on first touch, so that a quiet store stays small.
RecentWrites::RecentWrites()
    : words_(static_cast<uint64_t*>(
          std::calloc(size_t{1} << kBucketBits, kWords * sizeof(uint64_t)))) {
  if (words_ == nullptr) throw std::bad_alloc();
}

RecentWrites::~RecentWrites() { std::free(words_); }

void RecentWrites::Record(uint64_t hash, CommitNumber number) {
  uint64_t* bucket = Bucket(hash);
  const uint64_t tag = hash & kTagMask;
  int oldest = 1;
  for (int i = 1; i < kWords; ++i) {
    const uint64_t word = LoadWord(bucket[i]);
    if (word == 0 || (word & kTagMask) == tag) {
      // An entry of the same tag is replaced by a newer one: nothing is forgotten.
      StoreWord(bucket[i], number << 16 | tag);
      return;
    }
    if (word < LoadWord(bucket[oldest])) oldest = i;
  }
  const uint64_t forgotten = LoadWord(bucket[oldest]) >> 16;
  // The order matters to readers: the number is in word 0 before it leaves its word.
  if (forgotten > LoadWord(bucket[0])) {
    std::atomic_ref(bucket[0]).store(forgotten, std::memory_order_release);
  }
  std::atomic_ref(bucket[oldest]).store(number << 16 | tag, std::memory_order_release);
}

void RecentWrites::Lower(uint64_t hash, CommitNumber number) {
  uint64_t* bucket = Bucket(hash);
  for (int i = 1; i < kWords; ++i) {
    const uint64_t word = LoadWord(bucket[i]);
    if (word >> 16 > number) StoreWord(bucket[i], number << 16 | (word & kTagMask));
  }
  if (LoadWord(bucket[0]) > number) StoreWord(bucket[0], number);
}

bool RecentWrites::ChangedSince(uint64_t hash, CommitNumber number) const {
  uint64_t* bucket = Bucket(hash);
  const uint64_t tag = hash & kTagMask;
  for (int i = 1; i < kWords; ++i) {
    const uint64_t word = std::atomic_ref(bucket[i]).load(std::memory_order_acquire);
    if (word >> 16 > number && (word & kTagMask) == tag) return true;
  }
  return std::atomic_ref(bucket[0]).load(std::memory_order_acquire) > number;
}

}  // namespace cairn::kv
