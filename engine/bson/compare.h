// SPDX-License-Identifier: Apache-2.0
// The order of cairn/bson.h's Compare with another order of strings, for collations: one set of
// rules serves both. Thread safety: pure function.
#pragma once

#include <string_view>

#include "cairn/bson.h"

namespace cairn::bson {

/// An order of strings: <0, 0, >0.
struct StringOrder {
  int (*compare)(const void* context, std::string_view a, std::string_view b);
  const void* context;

  int operator()(std::string_view a, std::string_view b) const { return compare(context, a, b); }
};

/// Compare(a, b), where strings and symbols, nested ones included, stand in the order `strings`.
/// Field names, code and everything else compare as in Compare.
[[nodiscard]] int CompareWith(Value a, Value b, const StringOrder& strings);

}  // namespace cairn::bson
