// SPDX-License-Identifier: Apache-2.0
// Dotted field paths and MongoDB's rules for walking them through documents and arrays: the only
// place that knows them. Any thread.
#pragma once

#include "cairn/bson.h"
#include "query/path/field_path.h"

namespace cairn::path {

/// Calls `visit(value)` for each value that a filter on `path` looks at, in order: arrays on the
/// way are opened (each element that is a document, and a numeric part also as a position); the
/// value at the end is visited as it is, and `leaf_array` tells whether its elements are to be
/// visited too (first the elements, then the array itself, as MongoDB does). A missing field is
/// visited as a missing value where MongoDB sees "missing": once for each document in which the
/// walk ends early. `visit` returns true to stop; the walk then returns true.
/// `visit(value, position)` also learns in which element of an array the value was found: of the
/// outermost array on the way that the path did not index itself, otherwise of the last one that it
/// did; kNoPosition without arrays. That is the element a positional `$` stands for.
template <typename Visit>
bool ForEachValue(bson::View document, const FieldPath& path, bool leaf_array, Visit&& visit);

/// The value at a dotted path, through documents only; missing where there is none.
[[nodiscard]] bson::Value PlainValueAt(bson::View document, std::string_view dotted);
[[nodiscard]] inline bson::Value PlainValueAt(bson::View document, const FieldPath& path) {
  return PlainValueAt(document, path.dotted());
}
/// The same; false when an array is on the way or at the end.
[[nodiscard]] bool ValueWithoutArrays(bson::View document, const FieldPath& path,
                                      bson::Value* value);

}  // namespace cairn::path

#include "query/path/walk.h"
