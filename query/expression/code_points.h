// SPDX-License-Identifier: Apache-2.0
// Places in UTF-8 by code point. The text is well-formed, as all strings in documents are. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace cairn::expression {

/// Whether a byte goes on with a code point that began before it.
inline bool ContinuesCodePoint(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

inline size_t CountCodePoints(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char byte) { return !ContinuesCodePoint(byte); }));
}

/// Where the next code point begins after the one at `at`.
inline size_t NextCodePoint(std::string_view text, size_t at) {
  do {
    ++at;
  } while (at < text.size() && ContinuesCodePoint(text[at]));
  return at;
}

/// Where the code point with this number begins; the end of the text if there are fewer.
inline size_t FindCodePoint(std::string_view text, size_t number) {
  size_t at = 0;
  for (; number > 0 && at < text.size(); --number) at = NextCodePoint(text, at);
  return std::min(at, text.size());
}

}  // namespace cairn::expression
