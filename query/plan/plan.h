// SPDX-License-Identifier: Apache-2.0
// How a query reaches its documents: plain data, made by the planner, run by exec, printed by
// explain. Bounds never decide: they give a superset of the matches, and the filter is asked about
// each document. Thread safety: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "engine/key/keyspace.h"

namespace cairn::plan {

enum class Access : uint8_t {
  kNothing,         ///< The filter cannot match.
  kIdPoints,        ///< Point reads of documents by _id.
  kCollectionScan,  ///< Documents in the order of their keys, or a range of them.
  kIndexScan,       ///< Entries of a secondary index, then their documents.
};

/// Ranges of key bytes: not empty, ascending, disjoint.
using Intervals = std::vector<key::Range>;

struct Plan {
  Access access = Access::kCollectionScan;

  // Of kIdPoints: document key suffixes, each once, in the order of the _id values.
  std::vector<std::string> points;

  // Of kCollectionScan: document key suffixes; without bounds: all.
  key::Range ids;

  // Of kIndexScan.
  uint32_t index_id = 0;
  std::string index_name;
  bson::Document key_pattern;
  Intervals intervals;  ///< Of encoded fields.
  /// What to scan instead once the index has become multikey, where that makes a difference.
  Intervals multikey_intervals;
  /// Several entries may lead to one document.
  bool may_repeat = true;

  /// Of all but kIndexScan: from the last to the first.
  bool reverse = false;
  /// The sort is by _id and the access gives it, apart from the order among keys that were cut.
  bool ordered_by_id = false;
  /// Results have to be collected and sorted.
  bool needs_sort = false;
  /// The index has all that the query needs. Never set yet: documents are always read.
  bool covered = false;
};

/// "COLLSCAN", "IDHACK", "IXSCAN" or "EOF", as MongoDB's explain names them.
std::string_view StageName(Access access);

/// The plan as explain shows it: {stage, …} with key bytes in hexadecimal.
bson::Document Describe(const Plan& plan);

}  // namespace cairn::plan
