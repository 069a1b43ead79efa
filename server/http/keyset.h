// SPDX-License-Identifier: Apache-2.0
// Where a page ends and the next one begins: the values that its last document sorts by, and the
// filter for what comes behind them in the sort. With it a page deep in a collection costs what the
// first one costs. Pure functions; any thread.
#pragma once

#include <optional>

#include "cairn/bson.h"

namespace cairn::server {

/// What a collation makes different.
struct Collated {
  bool strings = false;  ///< They do not compare by their bytes.
  bool ids = false;      ///< Documents may have _ids that it does not tell apart.
};

/// The values of `sort`'s fields in `document`, {"0": …, "1": …}: what MongoDB sorts by, so the
/// least element of an array, or the greatest. Nothing where a path leads through an array, and
/// where a collation decides.
std::optional<bson::Document> SortKeyOf(bson::View document, bson::View sort,
                                        const Collated& collated);

/// Whether `key` is one that SortKeyOf may give for `sort`.
bool IsSortKey(bson::View key, bson::View sort);

/// The documents of `filter` that come behind `key` in the order of `sort`, whose last field is
/// _id.
bson::Document FilterBehind(bson::View filter, bson::View sort, bson::View key);

/// Whether a field of a sort is descending.
bool IsDescending(bson::Value direction);

}  // namespace cairn::server
