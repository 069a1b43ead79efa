// SPDX-License-Identifier: Apache-2.0
#include "server/net/header_text.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace cairn::server {
namespace {

/// "0.5" gives 0.5.
std::optional<double> ParseQuality(std::string_view text) {
  double quality = -1;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, quality, std::chars_format::fixed);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  if (!(quality >= 0 && quality <= 1)) return std::nullopt;
  return quality;
}

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view TrimSpace(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view TakeElement(char separator, std::string_view* list) {
  const size_t at = std::min(list->find(separator), list->size());
  const std::string_view taken = list->substr(0, at);
  list->remove_prefix(std::min(at + 1, list->size()));
  return TrimSpace(taken);
}

std::string_view MediaTypeOf(std::string_view content_type) {
  return TakeElement(';', &content_type);
}

std::optional<double> QualityOf(std::string_view name, std::string_view list) {
  std::optional<double> found;
  while (!list.empty()) {
    std::string_view element = TakeElement(',', &list);
    if (!EqualsIgnoringCase(TakeElement(';', &element), name)) continue;
    std::optional<double> quality = 1;
    while (!element.empty()) {
      const std::string_view parameter = TakeElement(';', &element);
      if (parameter.starts_with("q=") || parameter.starts_with("Q=")) {
        quality = ParseQuality(parameter.substr(2));
      }
    }
    if (quality) found = quality;
  }
  return found;
}

}  // namespace cairn::server
