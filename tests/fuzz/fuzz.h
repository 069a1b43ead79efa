// SPDX-License-Identifier: Apache-2.0
// What fuzzers share: an input is text in Extended JSON, {"part": …, "part": …}; any other is
// passed over. One thread.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/json.h"

namespace cairn::fuzz {

inline std::optional<bson::Document> ParseInput(const uint8_t* data, size_t size) {
  auto parsed = json::Parse({reinterpret_cast<const char*>(data), size});
  if (!parsed.ok()) return std::nullopt;
  return std::move(parsed).value();
}

/// The document at `name`, or {}.
inline bson::View Part(const bson::Document& input, std::string_view name) {
  const bson::Value value = input[name];
  return value.type() == bson::Type::kDocument ? value.AsView() : bson::View();
}

/// Whether a field has that name, at any depth.
inline bool HasName(bson::View view, std::string_view name) {
  for (const bson::Element& element : view) {
    const bson::Type type = element.value.type();
    if (element.name == name) return true;
    if (type != bson::Type::kDocument && type != bson::Type::kArray) continue;
    if (HasName(element.value.AsView(), name)) return true;
  }
  return false;
}

/// Ends the run as a finding.
inline void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace cairn::fuzz
