// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/log_scan.h"

#include <array>

#include "engine/base/bytes.h"

namespace cairn::kv {
namespace {

constexpr size_t kHeadBytes = 7;
constexpr uint8_t kTypeMax = 4;  // whole, first, middle, last

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
    table[i] = crc;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kCrcTable = MakeCrcTable();

uint32_t MaskedCrc32c(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) crc = kCrcTable[(crc ^ static_cast<uint8_t>(c)) & 0xff] ^ crc >> 8;
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xa282ead8;
}

}  // namespace

uint64_t SoundLogBytes(std::string_view log) {
  size_t at = 0;
  while (at < log.size()) {
    const size_t left = kLogBlockBytes - at % kLogBlockBytes;
    if (left < kHeadBytes) {
      at += left;
      continue;
    }
    if (log.size() - at < kHeadBytes) return at;
    const auto length = base::LoadLittle<uint16_t>(log.data() + at + 4);
    const auto type = static_cast<uint8_t>(log[at + 6]);
    const size_t end = at + kHeadBytes + length;
    if (type == 0 || type > kTypeMax || kHeadBytes + length > left || end > log.size()) return at;
    if (base::LoadLittle<uint32_t>(log.data() + at) !=
        MaskedCrc32c(log.substr(at + 6, 1 + length))) {
      return at;
    }
    at = end;
  }
  return at;
}

}  // namespace cairn::kv
