// SPDX-License-Identifier: Apache-2.0
// How a query reaches its documents: plain data, made by the planner, run by exec, printed by
// explain. Bounds never decide: they give a superset of the matches, and the filter is asked about
// each document, unless a plan is exact. Thread safety: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "engine/key/keyspace.h"
#include "query/plan/interval.h"

namespace cairn::plan {

enum class Stage : uint8_t {
  kNothing,         ///< The filter cannot match.
  kIdPoints,        ///< Documents by their keys, one by one.
  kCollectionScan,  ///< Documents in the order of their keys, or a range of them.
  kIndexScan,       ///< Entries of an index.
  kOr,              ///< What any of the children leads to, one child after the other.
  kSortMerge,       ///< What any of the children leads to, in the order that all have.
};

/// A walk through an index.
struct IndexScan {
  uint32_t index_id = 0;
  std::string index_name;
  bson::Document key_pattern;  ///< As given; a wildcard field is named by the path it stands for.
  int columns = 0;             ///< Fields of a key: a wildcard's path is one, too.
  uint32_t descending = 0;     ///< Bit i: column i is descending.
  int path_column = -1;        ///< Of a wildcard index.
  bool unique = false;
  bool sparse = false;
  bool partial = false;
  bool hashed = false;
  bool multikey = false;
  bool collated = false;
  bson::Document collation;  ///< Of the index; {}: none.
  std::vector<std::string> multikey_paths;

  /// One a column, in the order of its bytes.
  std::vector<Intervals> bounds;
  /// Bit i: the bounds of column i hold also when the index becomes multikey.
  uint32_t lasting = 0;
  /// Instead of bounds, from min and max: whole keys.
  std::optional<key::Range> range;
  /// Beside bounds: the part of the index, document key suffixes included, that lies behind a place
  /// in `order`. Without ends: all.
  key::Range part;
  bool reverse = false;

  /// Where the scan gives the query's sort: the columns that it is by, in its order; `turned` when
  /// the column's bytes are in the opposite order. The column behind the last one is _id.
  struct OrderColumn {
    int column = 0;
    bool turned = false;
  };
  std::vector<OrderColumn> order;
};

struct Node {
  Stage stage = Stage::kCollectionScan;
  std::vector<Node> children;       ///< Of kOr and kSortMerge.
  std::vector<std::string> points;  ///< Of kIdPoints: document key suffixes, each once, by _id.
  key::Range ids;                   ///< Of kCollectionScan: suffixes; without bounds: all.
  Intervals id_bounds;              ///< The same, for explain; empty: all.
  bool reverse = false;             ///< Of kIdPoints and kCollectionScan.
  IndexScan scan;                   ///< Of kIndexScan.
};

/// What is made of the entries of kIndexScan, kOr and kSortMerge.
enum class Reading : uint8_t {
  kDocuments,  ///< They are read.
  kKeys,       ///< A key has all that the query needs: a document is made of it.
  kCount,      ///< Nothing: entries are counted.
};

struct Plan {
  Node access;
  Reading reading = Reading::kDocuments;
  /// What the access leads to are exactly the matches.
  bool exact = false;
  /// The filter leaves out next to nothing of it, but has to be asked.
  bool nearly_exact = false;
  /// Several entries may lead to one document.
  bool may_repeat = true;
  /// The sort is by _id and the access gives it, apart from the order among keys that were cut.
  bool ordered_by_id = false;
  /// Results have to be collected and sorted.
  bool needs_sort = false;
  /// Which indexes it uses: what the plan cache remembers.
  std::vector<uint32_t> indexes;
};

/// "COLLSCAN", "IDHACK", "IXSCAN" and so on, as MongoDB's explain names them.
std::string_view StageName(Stage stage);

/// "IXSCAN { a: 1 }": the plan in a word, for the log and for explain.
std::string Summary(const Plan& plan);

}  // namespace cairn::plan
