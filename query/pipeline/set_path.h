// SPDX-License-Identifier: Apache-2.0
// A document with one field set by a dotted path, as stages name what they add. Pure; any thread.
#pragma once

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/path/field_path.h"

namespace cairn::pipeline {

/// A path that a user names. Errors: Location40352, Location40353, Location15998, Location16410,
/// Location16411 (malformed ones), Overflow (too many parts).
Result<path::FieldPath> ParseUserPath(std::string_view dotted);

/// Appends the fields of `document` to `out`, with `value` at `path`: in its place where there is
/// one, else behind the others. What is no document on the way becomes one. A missing value removes
/// the field. Arrays are given as such values.
void AppendWithPath(bson::View document, const path::FieldPath& path, bson::Value value,
                    bson::Builder* out);

/// Whether one of the paths is the other, or lies within it.
[[nodiscard]] bool Overlap(const path::FieldPath& a, const path::FieldPath& b);

}  // namespace cairn::pipeline
