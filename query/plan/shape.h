// SPDX-License-Identifier: Apache-2.0
// The shape of a query: its filter without the values, its sort and its projection. Queries of one
// shape share an entry of the plan cache, and index filters. Thread safety: free functions.
#pragma once

#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "engine/catalog/collection.h"

namespace cairn::plan {

/// Equal texts mean equal shapes.
std::string ShapeOf(bson::View filter, bson::View sort, bson::View projection,
                    bson::View collation);

/// Eight hexadecimal digits, as MongoDB shows a shape's hash.
std::string HashText(std::string_view shape);

/// The hash of a shape together with the collection as it is now: a changed catalog gives another.
std::string CacheKeyText(std::string_view shape_hash, const catalog::Collection& collection);

}  // namespace cairn::plan
