// SPDX-License-Identifier: Apache-2.0
// What a hint names. Thread safety: free functions, any thread.
#pragma once

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/catalog/collection.h"

namespace cairn::plan {

enum class HintKind { kNone, kById, kForward, kBackward, kIndex };

struct Hint {
  HintKind kind = HintKind::kNone;
  const catalog::IndexSpec* index = nullptr;
};

/// Errors: BadValue for a hint that names no index, or a hidden one; FailedToParse for a hint that
/// is neither a string nor a document.
Result<Hint> ParseHint(const catalog::Collection& collection, bson::Value hint);

/// Whether `index` is among `allowed`, an array of names and key patterns.
bool IsAllowed(const catalog::IndexSpec& index, bson::Value allowed);

}  // namespace cairn::plan
