// SPDX-License-Identifier: Apache-2.0
#include "engine/base/md5.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace cairn::base {
namespace {

constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

// RFC 1321, 3.4: the integer parts of 2^32 |sin i|, i in radians from 1.
const std::array<uint32_t, 64>& Sines() {
  static const std::array<uint32_t, 64> sines = [] {
    std::array<uint32_t, 64> made{};
    for (size_t i = 0; i < made.size(); ++i) {
      made[i] = static_cast<uint32_t>(
          std::floor(std::fabs(std::sin(static_cast<double>(i + 1))) * 0x1p32));
    }
    return made;
  }();
  return sines;
}

}  // namespace

void Md5::Add(std::string_view bytes) {
  size_t held = size_ % kBlockBytes;
  size_ += bytes.size();
  while (!bytes.empty()) {
    const size_t taken = std::min(bytes.size(), kBlockBytes - held);
    std::memcpy(pending_.data() + held, bytes.data(), taken);
    bytes.remove_prefix(taken);
    held += taken;
    if (held < kBlockBytes) return;
    AddBlock(pending_.data());
    held = 0;
  }
}

Md5::Digest Md5::Finish() {
  const uint64_t bits = size_ * 8;
  constexpr size_t kLengthAt = kBlockBytes - sizeof(bits);
  Add(std::string_view("\x80", 1));
  while (size_ % kBlockBytes != kLengthAt) Add(std::string_view("\0", 1));
  static_assert(std::endian::native == std::endian::little);
  Add({reinterpret_cast<const char*>(&bits), sizeof(bits)});
  Digest digest;
  std::memcpy(digest.data(), state_.data(), sizeof(digest));
  return digest;
}

void Md5::AddBlock(const uint8_t* block) {
  std::array<uint32_t, 16> words;
  std::memcpy(words.data(), block, kBlockBytes);
  auto [a, b, c, d] = state_;
  for (uint32_t i = 0; i < 64; ++i) {
    uint32_t mixed = 0;
    uint32_t word = 0;
    switch (i / 16) {
      case 0:
        mixed = (b & c) | (~b & d);
        word = i;
        break;
      case 1:
        mixed = (b & d) | (c & ~d);
        word = (5 * i + 1) % 16;
        break;
      case 2:
        mixed = b ^ c ^ d;
        word = (3 * i + 5) % 16;
        break;
      default:
        mixed = c ^ (b | ~d);
        word = (7 * i) % 16;
        break;
    }
    const uint32_t sum = a + mixed + Sines()[i] + words[word];
    a = d;
    d = c;
    c = b;
    b += std::rotl(sum, kShifts[i / 16][i % 4]);
  }
  state_[0] += a;
  state_[1] += b;
  state_[2] += c;
  state_[3] += d;
}

}  // namespace cairn::base
