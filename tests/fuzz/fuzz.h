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

/// Ends the run as a finding.
inline void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace cairn::fuzz
