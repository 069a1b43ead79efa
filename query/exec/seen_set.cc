// SPDX-License-Identifier: Apache-2.0
#include "query/exec/seen_set.h"

#include <cstring>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "query/exec/read_context.h"

namespace cairn::exec {
namespace {

constexpr size_t kFirstSlots = 64;
constexpr uint64_t kOddA = 0x9E3779B97F4A7C15;
constexpr uint64_t kOddB = 0xD1B54A32D192ED03;

// Both halves of a 128-bit product, folded.
uint64_t Mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t Hash(std::string_view bytes, uint64_t seed) {
  uint64_t state = Mix(seed ^ kOddA, bytes.size() ^ kOddB);
  while (bytes.size() > 8) {
    state = Mix(state ^ base::LoadLittle<uint64_t>(bytes.data()), seed | 1);
    bytes.remove_prefix(8);
  }
  uint64_t last = 0;
  std::memcpy(&last, bytes.data(), bytes.size());
  return Mix(Mix(state ^ last, seed | 1) ^ kOddA, kOddB);
}

}  // namespace

SeenSet::Fingerprint SeenSet::FingerprintOf(std::string_view suffix) const {
  Fingerprint fingerprint;
  if (suffix.size() < sizeof(fingerprint)) {
    // The last byte tells lengths apart and is never 0.
    char bytes[sizeof(fingerprint)] = {};
    std::memcpy(bytes, suffix.data(), suffix.size());
    bytes[sizeof(bytes) - 1] = static_cast<char>(suffix.size() + 1);
    std::memcpy(&fingerprint, bytes, sizeof(fingerprint));
  } else {
    fingerprint.low = Hash(suffix, seed_);
    // The highest bit is never set above.
    fingerprint.high = Hash(suffix, ~seed_ * kOddB) | uint64_t{1} << 63;
  }
  return fingerprint;
}

size_t SeenSet::SlotOf(const Fingerprint& fingerprint) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = Mix(fingerprint.low ^ seed_, fingerprint.high ^ kOddA) & mask;
  while (slots_[slot] != Fingerprint{} && slots_[slot] != fingerprint) slot = (slot + 1) & mask;
  return slot;
}

bool SeenSet::Contains(std::string_view suffix) const {
  return count_ != 0 && slots_[SlotOf(FingerprintOf(suffix))] != Fingerprint{};
}

Result<bool> SeenSet::Insert(std::string_view suffix) {
  if ((count_ + 1) * 4 > slots_.size() * 3) CAIRN_TRY(Grow());
  const Fingerprint fingerprint = FingerprintOf(suffix);
  Fingerprint& slot = slots_[SlotOf(fingerprint)];
  if (slot != Fingerprint{}) return false;
  slot = fingerprint;
  ++count_;
  return true;
}

Status SeenSet::Grow() {
  const size_t slots = slots_.empty() ? kFirstSlots : slots_.size() * 2;
  const size_t bytes = slots * sizeof(Fingerprint);
  if (!Fits(bytes, &share_)) {
    return OutOfMemory("Telling documents of an index scan apart", bytes);
  }
  std::vector<Fingerprint> before(slots);
  before.swap(slots_);
  for (const Fingerprint& fingerprint : before) {
    if (fingerprint != Fingerprint{}) slots_[SlotOf(fingerprint)] = fingerprint;
  }
  return Status::Ok();
}

}  // namespace cairn::exec
