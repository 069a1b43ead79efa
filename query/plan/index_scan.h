// SPDX-License-Identifier: Apache-2.0
// One index for one conjunction: which bounds its columns get, whether it serves at all, and
// whether it gives a sort. Thread safety: free functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/catalog/collection.h"
#include "engine/collation/collator.h"
#include "query/plan/plan.h"
#include "query/plan/predicates.h"
#include "query/plan/sort_pattern.h"

namespace cairn::plan {

/// More points than this are not scanned one by one for the sake of an order.
inline constexpr size_t kMergedScansMax = 200;

/// What a scan does for a query.
struct ScanChoice {
  IndexScan scan;
  /// The first column has bounds.
  bool bounded = false;
  bool never = false;  ///< Some column has no value left.
  /// Every predicate is in the bounds, exactly.
  bool exact = false;
  int score = 0;            ///< A guess at how much the bounds leave out: more is better.
  bool all_points = false;  ///< Each column is held to one value.
};

/// The ways to use `index` for `conjunction`: one, or for a wildcard index one a path. `hinted`:
/// also where it does not serve, as MongoDB does. `strings_differ`: index and query have different
/// collations.
std::vector<ScanChoice> ChooseBounds(const Conjunction& conjunction,
                                     const catalog::IndexSpec& index, bool hinted,
                                     const collation::Collator* collator, bool strings_differ);

/// What is known of the order of entries, beside that of their columns.
struct EntryOrder {
  bool truncated = false;  ///< Some keys were cut: not even the columns give an order.
  /// Entries of equal columns are in the order of _id, apart from that among keys that were cut.
  bool by_id = false;
  bool unique = false;  ///< No two entries have equal columns.
};
EntryOrder EntryOrderOf(const catalog::Collection& collection, const catalog::IndexSpec& index);

/// Whether the index's columns, and _id behind them, in the direction that is then set, give
/// `sort`. `points_merged`: columns with several points count as if each were scanned apart. Sets
/// `order`.
bool GivesSort(const SortPattern& sort, const EntryOrder& entries, bool points_merged,
               IndexScan* scan);
/// Whether the sort that it gives goes on by _id behind the columns.
bool IsOrderedById(const IndexScan& scan);

/// Scans of one point each in the columns before the last one of `order` that the order is not by;
/// empty when there would be too many.
std::vector<IndexScan> Explode(const IndexScan& scan);

/// The name of a column as the key pattern has it; "$_path" for a wildcard's path.
std::string_view ColumnName(const IndexScan& scan, int column);
key::Direction ColumnDirection(const IndexScan& scan, int column);
/// Whether an array was seen on the way to the column's values.
bool IsMultikeyColumn(const IndexScan& scan, int column);

}  // namespace cairn::plan
