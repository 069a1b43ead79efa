// SPDX-License-Identifier: Apache-2.0
// Keys of documents, and the cut of keys that are too long. A cut key has exactly the length that
// whole keys never reach, so the two cannot be equal however a value is chosen.
#include <openssl/sha.h>

#include "engine/key/encoding.h"

namespace cairn::key {
namespace {

static_assert(SHA256_DIGEST_LENGTH == kDigestBytes);
static_assert(kMaxSuffixBytes + 2 * sizeof(uint32_t) < kMaxKeyBytes);

// Leaves the first `begin` bytes alone.
bool Fit(std::string* key, size_t begin, size_t bytes_max) {
  const size_t size = key->size() - begin;
  if (size < bytes_max) [[likely]]
    return false;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(key->data()) + begin, size, digest);
  key->resize(begin + bytes_max - sizeof(digest));
  key->append(reinterpret_cast<const char*>(digest), sizeof(digest));
  return true;
}

}  // namespace

bool FitKey(std::string* key, size_t bytes_max) { return Fit(key, 0, bytes_max); }

std::string EncodeId(bson::Value id) {
  std::string key;
  AppendValue(id, Direction::kAscending, &key);
  Fit(&key, 0, kMaxSuffixBytes);
  return key;
}

std::string DocumentKey(uint32_t collection_id, bson::Value id) {
  std::string key;
  key.reserve(32);
  AppendIdPrefix(collection_id, &key);
  AppendValue(id, Direction::kAscending, &key);
  Fit(&key, sizeof(collection_id), kMaxSuffixBytes);
  return key;
}

}  // namespace cairn::key
