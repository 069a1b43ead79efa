// SPDX-License-Identifier: Apache-2.0
// The type wrappers of Extended JSON: objects such as {"$oid": "…"} that stand for a BSON value.
// An object that has one of their keys must be exactly that wrapper; every other object, also with
// `$` in its keys ({"$regex": …}, {"$type": …}, {"$ref": …, "$id": …}), is a document.
// Thread safety: pure functions over a constant table.
#pragma once

#include <string>
#include <string_view>

#include "cairn/bson.h"

namespace cairn::json {

/// What the wrapper's object held, and what it stands for.
struct WrapperInput {
  bson::View object;
  /// Its last value was itself a wrapper, so {"$numberLong": "1"} differs from 1.
  bool last_value_wrapped = false;
};
struct WrapperOutput {
  bson::Type type = bson::Type::kEndOfObject;
  std::string payload;
};

/// Converts; the error's message lacks the place.
using WrapperFunction = Status (*)(const WrapperInput& input, WrapperOutput* output);

struct Wrapper {
  std::string_view key;
  WrapperFunction convert;
};

/// The wrapper that `key` belongs to, or null.
[[nodiscard]] const Wrapper* FindWrapper(std::string_view key) noexcept;

}  // namespace cairn::json
