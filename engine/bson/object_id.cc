// SPDX-License-Identifier: Apache-2.0
// ObjectId: 4 bytes big-endian seconds, 5 bytes that are random for each process, 3 bytes
// big-endian counter that begins at a random place.
#include <pthread.h>

#include <atomic>

#include "cairn/bson.h"
#include "engine/base/bytes.h"
#include "engine/base/clock.h"

namespace cairn::bson {
namespace {

struct Origin {
  std::atomic<uint64_t> process;
  std::atomic<uint32_t> counter;
};

Origin origin;

void Reseed() {
  base::Clock* const clock = base::Clock::System();
  origin.process.store(clock->Random(), std::memory_order_relaxed);
  origin.counter.store(static_cast<uint32_t>(clock->Random()), std::memory_order_relaxed);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ObjectId ObjectId::Generate() {
  // A forked child must not repeat its parent's ids.
  [[maybe_unused]] static const bool seeded = [] {
    Reseed();
    return pthread_atfork(nullptr, nullptr, Reseed) == 0;
  }();
  const auto seconds = static_cast<uint32_t>(base::Clock::System()->WallMs() / 1000);
  const uint64_t process = origin.process.load(std::memory_order_relaxed);
  const uint32_t counter = origin.counter.fetch_add(1, std::memory_order_relaxed);
  ObjectId id;
  base::StoreLittle(id.bytes.data(), base::ByteSwap(seconds));
  std::memcpy(id.bytes.data() + 4, &process, 5);
  id.bytes[9] = static_cast<uint8_t>(counter >> 16);
  id.bytes[10] = static_cast<uint8_t>(counter >> 8);
  id.bytes[11] = static_cast<uint8_t>(counter);
  return id;
}

Result<ObjectId> ObjectId::FromHex(std::string_view hex) {
  ObjectId id;
  if (hex.size() != 2 * id.bytes.size()) {
    return Status(ErrorCode::kBadValue, "An ObjectId has 24 hexadecimal digits");
  }
  for (size_t i = 0; i < id.bytes.size(); ++i) {
    const int high = HexDigit(hex[2 * i]);
    const int low = HexDigit(hex[2 * i + 1]);
    if (high < 0 || low < 0) {
      return Status(ErrorCode::kBadValue, "An ObjectId has 24 hexadecimal digits");
    }
    id.bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return id;
}

std::string ObjectId::ToHex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex(2 * bytes.size(), '0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    hex[2 * i] = kDigits[bytes[i] >> 4];
    hex[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return hex;
}

}  // namespace cairn::bson
