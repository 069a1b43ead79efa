// SPDX-License-Identifier: Apache-2.0
// Filters taken apart and put together again, so that their parts may stand at several places of a
// pipeline. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cairn/bson.h"
#include "query/path/field_path.h"

namespace cairn::pipeline {

/// Filters that all have to match where `filter` does: its fields, those within $and taken apart.
[[nodiscard]] std::vector<bson::Document> Conjuncts(bson::View filter);

/// The one filter that is met where all are.
[[nodiscard]] bson::Document AllOf(const std::vector<bson::Document>& filters);

/// `filter` with other paths; `rename` gives none where a path has no other. None when that is so,
/// or when the filter is about more than paths.
using Rename = std::function<std::optional<std::string>(std::string_view path)>;
[[nodiscard]] std::optional<bson::Document> WithPaths(bson::View filter, const Rename& rename);

/// Whether `filter` does nothing but to compare values at paths with others, so that it cannot tell
/// null from missing, nor 1 from 1.0.
[[nodiscard]] bool OnlyCompares(bson::View filter);

/// Whether a document that meets `filter` also met it before parts of it were taken away.
[[nodiscard]] bool HoldsForMore(bson::View filter);

}  // namespace cairn::pipeline
