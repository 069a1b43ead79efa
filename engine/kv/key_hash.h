// SPDX-License-Identifier: Apache-2.0
// A 64-bit hash of (family, key), keyed with a secret of the process so that nobody outside can
// build keys that collide. Never stored. Multiply-and-fold mixing of 16 bytes a step. Thread
// safety: any thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/key/keyspace.h"

namespace cairn::kv {

/// Random per process.
struct HashSecret {
  uint64_t words[3];
};
const HashSecret& ProcessHashSecret();

inline uint64_t FoldMultiply(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t HashKey(key::Family family, std::string_view key) {
  const HashSecret& secret = ProcessHashSecret();
  const char* at = key.data();
  size_t left = key.size();
  // Multiplied in, not only combined: else a family would look like a change of the key's bytes.
  uint64_t hash =
      FoldMultiply(secret.words[0] ^ (static_cast<uint64_t>(family) + 1), secret.words[1] ^ left);
  uint64_t low = 0;
  uint64_t high = 0;
  for (; left >= 16; left -= 16, at += 16) {
    std::memcpy(&low, at, 8);
    std::memcpy(&high, at + 8, 8);
    hash = FoldMultiply(low ^ secret.words[1] ^ hash, high ^ secret.words[2]);
  }
  char tail[16] = {};
  if (left > 0) std::memcpy(tail, at, left);
  std::memcpy(&low, tail, 8);
  std::memcpy(&high, tail + 8, 8);
  hash = FoldMultiply(low ^ secret.words[1] ^ hash, high ^ secret.words[2]);
  return FoldMultiply(hash ^ secret.words[2], secret.words[1]);
}

}  // namespace cairn::kv
