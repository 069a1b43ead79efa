// SPDX-License-Identifier: Apache-2.0
#include "query/plan/advice.h"

#include <algorithm>
#include <string>
#include <vector>

#include "query/plan/bounds.h"
#include "query/plan/predicates.h"

namespace cairn::plan {
namespace {

// More fields make an index larger and rarely better.
constexpr size_t kFieldsMax = 4;

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
  bson::Document Finish() { return pattern_.Finish(); }

 private:
  std::vector<std::string> paths_;
  bson::Builder pattern_;
};

}  // namespace

bson::Document SuggestIndex(const match::Matcher& filter, const SortPattern& sort) {
  Conjunction conjunction;
  Flatten(filter.root(), &conjunction);
  Pattern pattern;
  std::vector<std::string> ranges;
  for (const Predicate& predicate : conjunction.predicates) {
    PredicateBounds bounds;
    if (!BoundsOf(*predicate.expression, {}, &bounds) || IsAllValues(bounds.intervals)) continue;
    if (ArePoints(bounds.intervals)) {
      pattern.Add(predicate.path, false);
    } else if (predicate.expression->kind() != match::Kind::kNot) {
      ranges.push_back(predicate.path);
    }
  }
  for (const SortField& field : sort.fields()) pattern.Add(field.path.dotted(), field.descending);
  for (const std::string& path : ranges) pattern.Add(path, false);
  return pattern.Finish();
}

}  // namespace cairn::plan
