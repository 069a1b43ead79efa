// SPDX-License-Identifier: Apache-2.0
// UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace cairn::bson {

/// Bytes of the well-formed sequence at the start of `text` (1 to 4), or 0 when there is none.
[[nodiscard]] size_t Utf8SequenceLength(std::string_view text) noexcept;

/// The offset of the first byte that does not begin a well-formed sequence; text.size() if all do.
[[nodiscard]] size_t FindInvalidUtf8(std::string_view text) noexcept;

[[nodiscard]] inline bool IsUtf8(std::string_view text) noexcept {
  return FindInvalidUtf8(text) == text.size();
}

}  // namespace cairn::bson
