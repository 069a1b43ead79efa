// SPDX-License-Identifier: Apache-2.0
// Numbers as JSON writes them, to and from text. Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::bson {

/// The longest number that is read.
inline constexpr size_t kNumberTextBytesMax = 1024;

enum class NumberText {
  kOk,
  kTooLong,
  kOutOfRange,  ///< An integer outside int64, or a number beyond the largest double.
  kMalformed,
};

/// Whether the text has a fraction or an exponent, so that it is a double.
[[nodiscard]] bool HasRealForm(std::string_view text) noexcept;
/// The whole text as an integer: an optional minus and digits.
[[nodiscard]] NumberText ReadInt64(std::string_view text, int64_t* value) noexcept;
/// The whole text as a decimal number, correctly rounded; what is too small becomes 0.
[[nodiscard]] NumberText ReadDouble(std::string_view text, double* value) noexcept;

/// Whether the text, of a number that the reader has let pass, is NaN, Inf or Infinity with any
/// sign.
[[nodiscard]] inline bool IsSpecialNumber(std::string_view text) noexcept {
  return text.back() > '9';
}
[[nodiscard]] double ReadSpecialNumber(std::string_view text) noexcept;

/// Room that WriteDouble needs.
inline constexpr size_t kDoubleTextBytesMax = 40;
/// Writes the shortest text that reads back as the same double, always with a point or an exponent
/// ("1.0", "1.5E+300"), or NaN, Infinity, -Infinity. Returns its end.
[[nodiscard]] char* WriteDouble(double value, char* to) noexcept;

}  // namespace cairn::bson
