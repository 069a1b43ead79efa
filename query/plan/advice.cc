// SPDX-License-Identifier: Apache-2.0
#include "query/plan/advice.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/index/options.h"
#include "engine/key/grammar.h"
#include "query/plan/bounds.h"
#include "query/plan/index_scan.h"
#include "query/plan/predicates.h"

namespace cairn::plan {
namespace {

// More fields make an index larger and rarely better.
constexpr size_t kFieldsMax = 4;
// Nor does one index for each of many branches.
constexpr size_t kBranchesMax = 8;

class Pattern {
 public:
  void Add(const std::string& path, bool descending) {
    const bool known = std::find(paths_.begin(), paths_.end(), path) != paths_.end();
    if (known || path.empty() || path == "_id" || HasPosition(path) ||
        paths_.size() == kFieldsMax) {
      return;
    }
    paths_.push_back(path);
    pattern_.AppendInt32(path, descending ? -1 : 1);
  }
  bool empty() const { return paths_.empty(); }
  bson::Document Finish() { return pattern_.Finish(); }

 private:
  std::vector<std::string> paths_;
  bson::Builder pattern_;
};

// Strings of all kinds, as a pattern without a beginning leaves them, bound too little.
bool Narrows(const match::Expression& predicate, const Intervals& intervals) {
  if (predicate.kind() == match::Kind::kNot || predicate.kind() == match::Kind::kType ||
      predicate.kind() == match::Kind::kMod || IsAllValues(intervals)) {
    return false;
  }
  const bool is_pattern =
      predicate.kind() == match::Kind::kRegex || predicate.kind() == match::Kind::kInPatterns;
  return !is_pattern || std::none_of(intervals.begin(), intervals.end(), [](const Interval& each) {
    return each.low.size() == 1 && each.high.size() == 1 && each.low != each.high &&
           static_cast<uint8_t>(each.low[0]) == static_cast<uint8_t>(key::TypeByte::kString);
  });
}

// Empty when the predicates bound nothing and there is no sort.
bson::Document PatternFor(const Conjunction& conjunction, const SortPattern& sort) {
  Pattern pattern;
  std::vector<std::string> ranges;
  for (const Predicate& predicate : conjunction.predicates) {
    PredicateBounds bounds;
    if (!BoundsOf(*predicate.expression, {}, &bounds)) continue;
    if (!Narrows(*predicate.expression, bounds.intervals)) continue;
    // Behind a few points an index still gives the sort, by a merge.
    if (ArePoints(bounds.intervals) && bounds.intervals.size() <= kMergedScansMax) {
      pattern.Add(predicate.path, false);
    } else {
      ranges.push_back(predicate.path);
    }
  }
  for (const SortField& field : sort.fields()) pattern.Add(field.path.dotted(), field.descending);
  for (const std::string& path : ranges) pattern.Add(path, false);
  return pattern.Finish();
}

bool Exists(const catalog::Collection& collection, bson::View pattern) {
  return std::any_of(collection.indexes.begin(), collection.indexes.end(), [&](const auto& index) {
    return bson::Compare(index.key_pattern.view(), pattern) == 0;
  });
}

// Whether some index begins with a field that the pattern has.
bool IsServed(const catalog::Collection& collection, const bson::Document& pattern) {
  return std::any_of(collection.indexes.begin(), collection.indexes.end(), [&](const auto& index) {
    return index.ready && !index::IsHidden(index) &&
           !pattern[index.key_pattern.view().begin()->name].missing();
  });
}

std::vector<bson::Document> ForBranches(const catalog::Collection& collection,
                                        const match::Expression& disjunction) {
  std::vector<bson::Document> patterns;
  for (const auto& branch : disjunction.children()) {
    Conjunction conjunction;
    Flatten(*branch, &conjunction);
    if (conjunction.never) continue;
    bson::Document pattern = PatternFor(conjunction, SortPattern());
    if (pattern.empty()) return {};
    if (IsServed(collection, pattern)) continue;
    const bool known =
        std::any_of(patterns.begin(), patterns.end(), [&](const bson::Document& other) {
          return bson::Compare(other.view(), pattern.view()) == 0;
        });
    if (!known) patterns.push_back(std::move(pattern));
    if (patterns.size() > kBranchesMax) return {};
  }
  return patterns;
}

}  // namespace

std::vector<bson::Document> SuggestIndexes(const catalog::Collection& collection,
                                           const match::Matcher& filter, const SortPattern& sort) {
  Conjunction conjunction;
  Flatten(filter.root(), &conjunction);
  if (conjunction.never) return {};
  std::vector<bson::Document> patterns;
  bson::Document pattern = PatternFor(conjunction, sort);
  if (!pattern.empty()) {
    patterns.push_back(std::move(pattern));
  } else if (!conjunction.disjunctions.empty()) {
    patterns = ForBranches(collection, *conjunction.disjunctions[0]);
  }
  std::erase_if(patterns, [&](const bson::Document& each) { return Exists(collection, each); });
  return patterns;
}

}  // namespace cairn::plan
