// SPDX-License-Identifier: Apache-2.0
// A document has no key before its sort key, so what lies before the place in an index leads to no
// match. With arrays it has other keys behind that one: then the filter tells which documents do
// not match.
#include "query/plan/behind.h"

#include <string>

#include "engine/key/encoding.h"
#include "query/plan/index_scan.h"

namespace cairn::plan {
namespace {

// Of a document key suffix, whether it was cut or not.
constexpr size_t kOrderedSuffixBytes = key::kMaxSuffixBytes - key::kDigestBytes;

bool BeginScan(const match::Behind& behind, const SortPattern& sort, const EntryOrder& entries,
               IndexScan* scan) {
  const auto& fields = behind.fields();
  if (scan->order.size() > fields.size()) return false;
  bool excluded = scan->order.size() == fields.size();
  std::string place;
  int next = 0;
  for (size_t i = 0; i < scan->order.size(); ++i) {
    const auto [column, turned] = scan->order[i];
    const SortField& sorted = sort.fields()[i];
    if (fields[i].path.dotted() != sorted.path.dotted() ||
        fields[i].descending != sorted.descending) {
      return false;
    }
    for (; next < column; ++next) {
      const Intervals& point = scan->bounds[static_cast<size_t>(next)];
      if (!IsOnePoint(point)) return false;
      place += point.front().low;
    }
    const std::string bytes = turned ? ComplementBytes(fields[i].key) : fields[i].key;
    if (column == scan->columns) {
      // The keys of a unique index end without it. A long one may be cut there, which leaves no
      // order behind the cut.
      excluded &= !entries.unique && bytes.size() < kOrderedSuffixBytes;
      if (!entries.unique) place += bytes.substr(0, kOrderedSuffixBytes);
      break;
    }
    const Intervals& bounds = scan->bounds[static_cast<size_t>(column)];
    if (IsOnePoint(bounds) && bounds.front().low != bytes) return false;
    place += bytes;
    next = column + 1;
  }
  if (scan->reverse) {
    scan->part.end = excluded ? place : key::PrefixEnd(place);
  } else {
    scan->part.begin = excluded ? key::PrefixEnd(place) : place;
  }
  return !scan->multikey;
}

}  // namespace

// No two documents have one _id, so that no further field counts.
Intervals IdsBehind(const match::Behind& behind) {
  const match::Behind::Field& first = behind.fields().front();
  if (first.path.dotted() != "_id") return AllValues();
  Interval interval = AllValues().front();
  if (first.descending) {
    interval.high = ComplementBytes(first.key);
    interval.high_included = false;
  } else {
    interval.low = first.key;
    interval.low_included = false;
  }
  return {std::move(interval)};
}

bool BeginBehind(const Request& request, const match::Behind& behind, Node* access) {
  if (access->stage == Stage::kSortMerge) {
    bool all = true;
    for (Node& child : access->children) all &= BeginBehind(request, behind, &child);
    return all;
  }
  if (access->stage != Stage::kIndexScan || access->scan.order.empty()) return false;
  for (const catalog::IndexSpec& index : request.collection.indexes) {
    if (index.id != access->scan.index_id) continue;
    return BeginScan(behind, request.sort, EntryOrderOf(request.collection, index), &access->scan);
  }
  return false;
}

}  // namespace cairn::plan
