// SPDX-License-Identifier: Apache-2.0
// Documents in tests, written as Extended JSON.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/json.h"

namespace cairn {

/// The document in `json`; {} and a failed test when it is not valid.
inline bson::Document Doc(std::string_view json) {
  auto document = json::Parse(json);
  EXPECT_TRUE(document.ok()) << json << ": " << document.status().ToString();
  return document.ok() ? std::move(document).value() : bson::Document();
}

/// Canonical Extended JSON, so that types show.
inline std::string Text(bson::View document) {
  return json::ToJson(document, json::Format::kCanonical);
}

}  // namespace cairn
