// SPDX-License-Identifier: Apache-2.0
#include "engine/bson/base64.h"

#include <array>
#include <cstdint>

namespace cairn::bson {
namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr int8_t kNoDigit = -1;

constexpr auto kValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(kNoDigit);
  for (int i = 0; i < 64; ++i) values[static_cast<uint8_t>(kDigits[i])] = static_cast<int8_t>(i);
  return values;
}();

}  // namespace

void AppendBase64(std::string_view bytes, std::string* out) {
  out->reserve(out->size() + (bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = bytes.size() - at < 3 ? bytes.size() - at : 3;
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < count ? static_cast<uint8_t>(bytes[at + i]) : 0);
    }
    for (size_t i = 0; i < 4; ++i) {
      out->push_back(i <= count ? kDigits[(group >> (18 - 6 * i)) & 63] : '=');
    }
  }
}

bool DecodeBase64(std::string_view text, std::string* out) {
  if (text.size() % 4 != 0) return false;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const size_t digits = text.size() - padding;
  out->reserve(out->size() + text.size() / 4 * 3);
  uint32_t group = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const int8_t value = at < digits ? kValues[static_cast<uint8_t>(text[at])] : int8_t{0};
    if (value == kNoDigit) return false;
    group = group << 6 | static_cast<uint32_t>(value);
    if (at % 4 != 3) continue;
    out->push_back(static_cast<char>(group >> 16));
    out->push_back(static_cast<char>(group >> 8));
    out->push_back(static_cast<char>(group));
    group = 0;
  }
  out->resize(out->size() - padding);
  return true;
}

}  // namespace cairn::bson
