// SPDX-License-Identifier: Apache-2.0
// BSON as MongoDB's error messages print it: { a: 1, b: "x" }. Long strings and deep documents are
// cut, so that a message stays a message. Thread safety: pure functions.
#pragma once

#include <string>

#include "cairn/bson.h"

namespace cairn::index {

inline constexpr size_t kMessageStringBytesMax = 160;
inline constexpr size_t kMessageTextBytesMax = 4096;

std::string MessageText(bson::View document);

}  // namespace cairn::index
