// SPDX-License-Identifier: Apache-2.0
#include "engine/bson/utf8.h"

#include <cstdint>

#include "engine/base/bytes.h"

namespace cairn::bson {
namespace {

constexpr uint64_t kHighs = 0x8080808080808080;

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

}  // namespace

size_t Utf8SequenceLength(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return text.size() >= 2 && IsContinuation(text[1]) ? 2 : 0;
  if (first < 0xF0) {
    if (text.size() < 3 || !IsContinuation(text[1]) || !IsContinuation(text[2])) return 0;
    const auto second = static_cast<uint8_t>(text[1]);
    if (first == 0xE0 && second < 0xA0) return 0;   // Overlong.
    if (first == 0xED && second >= 0xA0) return 0;  // A surrogate.
    return 3;
  }
  if (first > 0xF4 || text.size() < 4) return 0;
  if (!IsContinuation(text[1]) || !IsContinuation(text[2]) || !IsContinuation(text[3])) return 0;
  const auto second = static_cast<uint8_t>(text[1]);
  if (first == 0xF0 && second < 0x90) return 0;  // Overlong.
  if (first == 0xF4 && second > 0x8F) return 0;  // Above U+10FFFF.
  return 4;
}

size_t FindInvalidUtf8(std::string_view text) noexcept {
  size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8 && (base::LoadLittle<uint64_t>(text.data() + at) & kHighs) == 0) {
      at += 8;
      continue;
    }
    const size_t length = Utf8SequenceLength(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return at;
}

}  // namespace cairn::bson
