// SPDX-License-Identifier: Apache-2.0
// The filters by which $lookup and $graphLookup find documents of another collection. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "query/path/field_path.h"

namespace cairn::pipeline {

/// The values of a document that may have partners: those at `path`, arrays taken apart; null for
/// what is missing.
[[nodiscard]] std::vector<bson::Value> JoinValues(bson::View document, const path::FieldPath& path);

/// {path: {$in: values}}, or what means the same where there are regular expressions, which $in
/// would match by. Nothing matches no values.
[[nodiscard]] bson::Document AnyOf(std::string_view path, const std::vector<bson::Value>& values);

}  // namespace cairn::pipeline
