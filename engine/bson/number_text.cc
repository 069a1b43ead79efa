// SPDX-License-Identifier: Apache-2.0
#include "engine/bson/number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace cairn::bson {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Of a number that no double holds: whether it is too small, not too big. It has a digit that is
/// not zero; its magnitude is 0.d… * 10^position.
bool IsTooSmall(std::string_view text) {
  int64_t position = 0;
  bool point = false;
  bool significant = false;
  size_t at = 0;
  for (; at < text.size() && (text[at] | 0x20) != 'e'; ++at) {
    if (text[at] == '.') point = true;
    if (!IsDigit(text[at])) continue;
    significant = significant || text[at] != '0';
    if (point && !significant) --position;
    if (!point && significant) ++position;
  }
  int64_t exponent = 0;
  const bool negative = at + 1 < text.size() && text[at + 1] == '-';
  for (; at < text.size(); ++at) {
    if (IsDigit(text[at])) exponent = std::min<int64_t>(exponent * 10 + (text[at] - '0'), 1 << 30);
  }
  return position + (negative ? -exponent : exponent) < 0;
}

}  // namespace

bool HasRealForm(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return c == '.' || (c | 0x20) == 'e'; });
}

NumberText ReadInt64(std::string_view text, int64_t* value) noexcept {
  if (text.size() > kNumberTextBytesMax) return NumberText::kTooLong;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, *value);
  if (read.ptr != end || read.ec == std::errc::invalid_argument) return NumberText::kMalformed;
  return read.ec == std::errc() ? NumberText::kOk : NumberText::kOutOfRange;
}

NumberText ReadDouble(std::string_view text, double* value) noexcept {
  if (text.size() > kNumberTextBytesMax) return NumberText::kTooLong;
  // from_chars also reads names of special values; only digits may follow the sign.
  const bool negative = !text.empty() && text[0] == '-';
  const size_t start = negative ? 1 : 0;
  if (text.size() == start || !(IsDigit(text[start]) || text[start] == '.')) {
    return NumberText::kMalformed;
  }
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, *value);
  if (read.ptr != end || read.ec == std::errc::invalid_argument) return NumberText::kMalformed;
  if (read.ec == std::errc()) return NumberText::kOk;
  if (!IsTooSmall(text)) return NumberText::kOutOfRange;
  *value = negative ? -0.0 : 0.0;
  return NumberText::kOk;
}

double ReadSpecialNumber(std::string_view text) noexcept {
  if (text.find('N') != std::string_view::npos && text.find('I') == std::string_view::npos) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double infinity = std::numeric_limits<double>::infinity();
  return text.starts_with('-') ? -infinity : infinity;
}

char* WriteDouble(double value, char* to) noexcept {
  const auto literal = [to](std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
  };
  if (std::isnan(value)) return literal("NaN");
  if (std::isinf(value)) return literal(value > 0 ? "Infinity" : "-Infinity");
  char* const limit = to + kDoubleTextBytesMax;
  const double magnitude = std::fabs(value);
  if (magnitude == 0 || (magnitude >= 1e-5 && magnitude < 1e16)) {
    char* const end = std::to_chars(to, limit, value, std::chars_format::fixed).ptr;
    if (std::memchr(to, '.', static_cast<size_t>(end - to)) != nullptr) return end;
    end[0] = '.';
    end[1] = '0';
    return end + 2;
  }
  char* const end = std::to_chars(to, limit, value, std::chars_format::scientific).ptr;
  *std::find(to, end, 'e') = 'E';
  return end;
}

}  // namespace cairn::bson
