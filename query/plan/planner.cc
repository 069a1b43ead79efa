// SPDX-License-Identifier: Apache-2.0
#include "query/plan/planner.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "engine/base/try.h"
#include "engine/index/options.h"
#include "query/plan/behind.h"
#include "query/plan/bounds.h"
#include "query/plan/covering.h"
#include "query/plan/hint.h"
#include "query/plan/index_scan.h"
#include "query/plan/key_range.h"
#include "query/plan/partial_filter.h"
#include "query/plan/predicates.h"

namespace cairn::plan {
namespace {

using match::Expression;
using match::Kind;

constexpr int kIdPointsScore = 2000;
constexpr int kDisjunctionDepthMax = 4;

// --- _id -----------------------------------------------------------------------------------------

bool IsIdPoint(bson::Value value) {
  return value.type() != bson::Type::kArray && value.type() != bson::Type::kRegex &&
         !value.missing() && value.type() != bson::Type::kUndefined;
}

// Document key suffixes of an $eq or $in on _id; false when there are too many or a value is no
// _id.
bool IdPoints(const Expression& predicate, std::vector<std::string>* points) {
  points->clear();
  if (predicate.kind() == Kind::kEq) {
    const bson::Value value = static_cast<const match::Comparison&>(predicate).operand();
    if (!IsIdPoint(value)) return false;
    points->push_back(key::EncodeId(value));
    return true;
  }
  if (predicate.kind() != Kind::kIn) return false;
  const auto& operands = static_cast<const match::In&>(predicate).operands();
  if (operands.size() > kInPointsMax) return false;
  for (const bson::Value value : operands) {
    if (value.type() == bson::Type::kRegex) return false;
    if (!IsIdPoint(value)) continue;  // No document has such an _id.
    std::string suffix = key::EncodeId(value);
    if (points->empty() || points->back() != suffix) points->push_back(std::move(suffix));
  }
  return true;
}

// Whether a query's collation makes the order of _id useless for this value.
bool IsCollated(const Request& request, const Expression& predicate) {
  if (request.collator == nullptr) return false;
  if (predicate.kind() == Kind::kEq) {
    const bson::Value value = static_cast<const match::Comparison&>(predicate).operand();
    return value.missing() || collation::HoldsStrings(value.type());
  }
  return true;
}

// What an access is worth to the branch of an $or, and to a plan.
struct Access {
  Node node;
  int score = 0;  // 0: nothing is bounded.
  bool exact = false;
  bool may_repeat = false;
  bool all_points_unique = false;
  std::vector<uint32_t> indexes;
};

// Between NaN and minus infinity there is nothing.
bool HoldsNothing(const Interval& interval) {
  const auto encoded = [](double number) {
    return key::EncodeId(bson::Value(bson::Type::kDouble, reinterpret_cast<const char*>(&number)));
  };
  static const std::string nan = encoded(std::numeric_limits<double>::quiet_NaN());
  static const std::string lowest = encoded(-std::numeric_limits<double>::infinity());
  return !interval.low_included && !interval.high_included && interval.low == nan &&
         interval.high == lowest;
}

// The suffixes that lie in intervals, as one range. Cut suffixes keep the bytes before the cut.
key::Range IdRange(const Intervals& intervals) {
  constexpr size_t kKept = key::kMaxSuffixBytes - key::kDigestBytes;
  const bool skips = intervals.size() > 1 && HoldsNothing(intervals.front());
  const Interval& first = intervals[skips ? 1 : 0];
  const Interval& last = intervals.back();
  key::Range range;
  range.begin = first.low.substr(0, kKept);
  if (!first.low_included && first.low.size() <= kKept) range.begin = key::PrefixEnd(first.low);
  const bool excluded = !last.high_included && last.high.size() <= kKept;
  range.end = excluded ? last.high : key::PrefixEnd(std::string_view(last.high).substr(0, kKept));
  return range;
}

// Point reads, or a scan of the documents within the bounds on _id.
Access AccessById(const Request& request, const Conjunction& conjunction) {
  Access access;
  if (request.collection.layout != catalog::Layout::kById) return access;
  std::vector<std::string> points;
  Intervals intervals = AllValues();
  bool bounded = false;
  for (const Predicate& predicate : conjunction.predicates) {
    if (predicate.path != "_id" || IsCollated(request, *predicate.expression)) continue;
    if (IdPoints(*predicate.expression, &points)) {
      if (access.score == 0 || points.size() < access.node.points.size()) {
        access.node.points.swap(points);
      }
      access.score = kIdPointsScore;
      access.node.stage = Stage::kIdPoints;
      continue;
    }
    PredicateBounds bounds;
    if (!BoundsOf(*predicate.expression, {}, &bounds)) continue;
    intervals = Intersect(intervals, bounds.intervals);
    bounded = true;
  }
  if (conjunction.behind != nullptr && request.collator == nullptr) {
    intervals = Intersect(intervals, IdsBehind(*conjunction.behind));
    bounded = true;
  }
  if (access.score > 0 || !bounded || IsAllValues(intervals)) return access;
  access.score = 45;
  if (intervals.empty()) {
    access.node.stage = Stage::kNothing;
    return access;
  }
  access.node.stage = Stage::kCollectionScan;
  access.node.ids = IdRange(intervals);
  access.node.id_bounds = std::move(intervals);
  return access;
}

// --- Indexes -------------------------------------------------------------------------------------

bool StringsDiffer(const Request& request, const catalog::IndexSpec& index) {
  return !collation::Same(index.collator.get(), request.collator);
}

// Whether the index has a key for every match.
bool IsComplete(const Request& request, const catalog::IndexSpec& index) {
  const bson::Value filter = index.options["partialFilterExpression"];
  if (filter.type() != bson::Type::kDocument) return true;
  if (StringsDiffer(request, index)) return false;
  const Result<match::Matcher> matcher = ParsePartialFilter(filter.AsView(), index.collator);
  return matcher.ok() && Implies(request.filter.root(), matcher->root(), request.collator);
}

bool MayServe(const Request& request, const catalog::IndexSpec& index) {
  if (!index.ready || index::IsHidden(index)) return false;
  if (request.only != nullptr &&
      std::find(request.only->begin(), request.only->end(), index.id) == request.only->end()) {
    return false;
  }
  return IsAllowed(index, request.allowed) && IsComplete(request, index);
}

Access AccessByScan(ScanChoice choice) {
  Access access;
  access.score = choice.bounded ? std::max(choice.score, 1) : 0;
  access.exact = choice.exact;
  access.all_points_unique = choice.scan.unique && choice.all_points && !choice.scan.multikey;
  // One value in every column: each document has that key once.
  access.may_repeat = !choice.all_points || choice.scan.path_column >= 0;
  access.indexes = {choice.scan.index_id};
  access.node.stage = choice.never ? Stage::kNothing : Stage::kIndexScan;
  access.node.scan = std::move(choice.scan);
  return access;
}

std::vector<ScanChoice> ChoicesOf(const Request& request, const Conjunction& conjunction,
                                  const catalog::IndexSpec& index, bool hinted) {
  const bool differ = StringsDiffer(request, index);
  return ChooseBounds(conjunction, index, hinted, differ ? nullptr : request.collator, differ);
}

// --- Disjunctions --------------------------------------------------------------------------------

// Which indexes branches may use. Whether one may is a question about the whole filter, so that it
// is asked once and not for each branch.
struct Usable {
  std::vector<const catalog::IndexSpec*> indexes;
  bool hinted = false;
};

Access AccessByOr(const Request& request, const Conjunction& outer, const Expression& disjunction,
                  const Usable& usable, int depth);

// The best access to what one branch matches.
Access AccessToBranch(const Request& request, const Conjunction& conjunction, const Usable& usable,
                      int depth) {
  Access best;
  if (!usable.hinted && request.only == nullptr && request.allowed.missing()) {
    best = AccessById(request, conjunction);
  } else if (!usable.hinted) {
    best = AccessById(request, conjunction);
    if (best.node.stage == Stage::kCollectionScan) best = {};
  }
  if (best.score >= kIdPointsScore) return best;
  for (const catalog::IndexSpec* const index : usable.indexes) {
    for (ScanChoice& choice : ChoicesOf(request, conjunction, *index, false)) {
      Access access = AccessByScan(std::move(choice));
      if (access.score > best.score) best = std::move(access);
    }
  }
  if (best.score > 0 || depth >= kDisjunctionDepthMax) return best;
  for (const Expression* inner : conjunction.disjunctions) {
    Conjunction rest = conjunction;
    std::erase(rest.disjunctions, inner);
    Access access = AccessByOr(request, rest, *inner, usable, depth + 1);
    if (access.score > best.score) best = std::move(access);
  }
  return best;
}

// One child for each branch; a score of 0 when some branch has no access.
Access AccessByOr(const Request& request, const Conjunction& outer, const Expression& disjunction,
                  const Usable& usable, int depth) {
  Access result;
  result.node.stage = Stage::kOr;
  result.exact = true;
  result.may_repeat = true;
  int least = kIdPointsScore;
  for (const auto& branch : disjunction.children()) {
    Conjunction conjunction = outer;
    std::erase(conjunction.disjunctions, &disjunction);
    Flatten(*branch, &conjunction);
    if (conjunction.never) continue;
    Access access = AccessToBranch(request, conjunction, usable, depth);
    if (access.score == 0) return {};
    if (access.node.stage == Stage::kNothing) continue;
    least = std::min(least, access.score);
    result.exact &= access.exact && conjunction.behind == outer.behind;
    result.indexes.insert(result.indexes.end(), access.indexes.begin(), access.indexes.end());
    if (access.node.stage == Stage::kOr) {
      for (Node& child : access.node.children) result.node.children.push_back(std::move(child));
    } else {
      result.node.children.push_back(std::move(access.node));
    }
  }
  result.score = std::max(least, 1);
  if (result.node.children.empty()) result.node.stage = Stage::kNothing;
  return result;
}

// --- Plans ---------------------------------------------------------------------------------------

class Planner {
 public:
  Planner(const Request& request, const Hint& hint) : request_(request), hint_(hint) {
    Flatten(request.filter.root(), &conjunction_);
  }

  Result<std::vector<Plan>> Run() {
    if (conjunction_.never) {
      Access nothing;
      nothing.node.stage = Stage::kNothing;
      Add(std::move(nothing));
      return std::move(plans_);
    }
    if (hint_.kind == HintKind::kForward || hint_.kind == HintKind::kBackward) {
      Access scan;
      scan.node.reverse = hint_.kind == HintKind::kBackward;
      Add(std::move(scan));
      return std::move(plans_);
    }
    if (hint_.kind == HintKind::kIndex) return RunHinted();
    Access by_id = AccessById(request_, conjunction_);
    if (hint_.kind == HintKind::kById && (!request_.min.empty() || !request_.max.empty())) {
      by_id = Access();
      by_id.node.ids = IdKeyRange(request_);
      Add(std::move(by_id));
      return std::move(plans_);
    }
    if (hint_.kind == HintKind::kById || by_id.score >= kIdPointsScore ||
        by_id.node.stage == Stage::kNothing) {
      Add(std::move(by_id));
      return std::move(plans_);
    }
    const bool by_order = SortsById();
    const bool free = request_.only == nullptr || Contains(*request_.only, 0);
    if ((by_id.score > 0 || by_order) && free && request_.allowed.missing()) {
      by_id.indexes = {0};
      Add(std::move(by_id));
    }
    Usable usable;
    for (const catalog::IndexSpec& index : request_.collection.indexes) {
      if (!MayServe(request_, index)) continue;
      if (AddIndex(index)) return std::move(plans_);
      usable.indexes.push_back(&index);
    }
    AddDisjunctions(usable);
    if (plans_.empty()) Add(Access());
    return std::move(plans_);
  }

 private:
  static bool Contains(const std::vector<uint32_t>& ids, uint32_t id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }

  bool SortsById() const {
    return !request_.sort.empty() && request_.sort.fields().front().path.dotted() == "_id" &&
           request_.collection.layout == catalog::Layout::kById && request_.collator == nullptr;
  }

  // True when nothing can be better.
  bool AddIndex(const catalog::IndexSpec& index) {
    for (ScanChoice& choice : ChoicesOf(request_, conjunction_, index, false)) {
      const bool bounded = choice.bounded;
      Access access = AccessByScan(std::move(choice));
      if (access.node.stage == Stage::kNothing || access.all_points_unique) {
        plans_.clear();
        Add(std::move(access));
        return true;
      }
      if (plans_.size() >= kCandidatesMax) return false;
      if (bounded || WouldSort(access) || WouldCover(access)) Add(std::move(access));
    }
    return false;
  }

  // Whether the scan's keys are in the order in which the query sorts, strings included.
  bool GivesSort(bool points_merged, IndexScan* scan) const {
    for (const catalog::IndexSpec& index : request_.collection.indexes) {
      if (index.id != scan->index_id) continue;
      return !StringsDiffer(request_, index) &&
             plan::GivesSort(request_.sort, EntryOrderOf(request_.collection, index), points_merged,
                             scan);
    }
    return false;
  }

  bool WouldSort(const Access& access) const {
    IndexScan scan = access.node.scan;
    return GivesSort(true, &scan);
  }

  // A whole index is read instead of the collection only when the filter is about its fields.
  bool WouldCover(const Access& access) const {
    const bool wanted = request_.distinct ? FirstColumnIsDistinct(access.node.scan)
                                          : !conjunction_.predicates.empty();
    return !request_.count && wanted && Covers(request_, access.node.scan);
  }

  bool FirstColumnIsDistinct(const IndexScan& scan) const {
    return !scan.sparse && request_.projection.begin()->name == ColumnName(scan, 0);
  }

  void AddDisjunctions(const Usable& usable) {
    for (const Expression* disjunction : conjunction_.disjunctions) {
      Access access = AccessByOr(request_, conjunction_, *disjunction, usable, 0);
      if (access.score == 0) continue;
      if (request_.only != nullptr && !Contains(*request_.only, kOrMark)) continue;
      access.indexes.push_back(kOrMark);
      Add(std::move(access));
    }
  }

  Result<std::vector<Plan>> RunHinted() {
    const catalog::IndexSpec& index = *hint_.index;
    if (!request_.min.empty() || !request_.max.empty()) {
      CAIRN_TRY_ASSIGN(ScanChoice choice, KeyRangeScan(request_, index));
      Add(AccessByScan(std::move(choice)));
      return std::move(plans_);
    }
    std::vector<ScanChoice> choices = ChoicesOf(request_, conjunction_, index, true);
    const bool unbounded = choices.empty() || !choices.front().bounded;
    if (unbounded) AddDisjunctions({{&index}, true});
    if (!plans_.empty()) return std::move(plans_);
    for (ScanChoice& choice : choices) {
      // Where a sparse or partial index is asked for by name, what it leaves out is left out.
      Add(AccessByScan(std::move(choice)));
    }
    if (plans_.empty()) {
      return Status(ErrorCode::kNoQueryExecutionPlans,
                    "error processing query: No query solutions: the hinted index '" + index.name +
                        "' cannot be used for this query");
    }
    return std::move(plans_);
  }

  void Add(Access access) {
    Plan plan;
    const bool exact = access.exact && conjunction_.disjunctions.size() <=
                                           (access.node.stage == Stage::kOr ? 1U : 0U);
    plan.exact = exact && conjunction_.behind == nullptr;
    plan.may_repeat = access.may_repeat;
    plan.indexes = std::move(access.indexes);
    plan.access = std::move(access.node);
    SetOrder(&plan);
    if (conjunction_.behind != nullptr && !plan.needs_sort) {
      plan.nearly_exact = BeginBehind(request_, *conjunction_.behind, &plan.access) && exact;
    }
    if (plan.access.stage == Stage::kIndexScan) {
      if (request_.count && plan.exact) {
        plan.reading = Reading::kCount;
      } else if (!request_.count && Covers(request_, plan.access.scan)) {
        plan.reading = Reading::kKeys;
      }
    }
    plans_.push_back(std::move(plan));
  }

  void SetOrder(Plan* plan) const {
    Node& access = plan->access;
    if (request_.sort.empty() || access.stage == Stage::kNothing) return;
    if (access.stage == Stage::kIdPoints || access.stage == Stage::kCollectionScan) {
      plan->ordered_by_id = SortsById();
      plan->needs_sort = !plan->ordered_by_id;
      if (plan->ordered_by_id) access.reverse = request_.sort.fields().front().descending;
      return;
    }
    plan->needs_sort = access.stage == Stage::kOr ? !MergeBranches(&access) : !OrderScan(plan);
  }

  // Whether the scan, or scans of its points, give the sort.
  bool OrderScan(Plan* plan) const {
    IndexScan& scan = plan->access.scan;
    IndexScan ordered = scan;
    if (GivesSort(false, &ordered)) {
      scan = std::move(ordered);
      return true;
    }
    if (!GivesSort(true, &ordered)) return false;
    std::vector<IndexScan> parts = Explode(ordered);
    if (parts.size() < 2) return false;
    Node merge;
    merge.stage = Stage::kSortMerge;
    for (IndexScan& part : parts) {
      Node& child = merge.children.emplace_back();
      child.stage = Stage::kIndexScan;
      child.scan = std::move(part);
    }
    plan->access = std::move(merge);
    return true;
  }

  bool MergeBranches(Node* node) const {
    std::vector<Node> children = node->children;
    if (children.size() < 2) return false;
    std::vector<Node> parts;
    for (Node& child : children) {
      if (child.stage != Stage::kIndexScan || !GivesSort(true, &child.scan)) return false;
      std::vector<IndexScan> exploded = Explode(child.scan);
      if (exploded.empty()) return false;
      for (IndexScan& part : exploded) {
        Node& leaf = parts.emplace_back();
        leaf.stage = Stage::kIndexScan;
        leaf.scan = std::move(part);
      }
    }
    node->stage = Stage::kSortMerge;
    node->children = std::move(parts);
    return true;
  }

  // Among the indexes of a plan: it is an $or. No index has this id.
  static constexpr uint32_t kOrMark = UINT32_MAX;

  const Request& request_;
  const Hint& hint_;
  Conjunction conjunction_;
  std::vector<Plan> plans_;
};

}  // namespace

Result<std::vector<Plan>> MakePlans(const Request& request) {
  CAIRN_TRY_ASSIGN(const Hint hint, ParseHint(request.collection, request.hint));
  CAIRN_TRY(CheckKeyRange(request, hint));
  if (request.sort.natural() != 0) {
    std::vector<Plan> plans(1);
    plans[0].access.reverse = request.sort.natural() < 0;
    return plans;
  }
  return Planner(request, hint).Run();
}

bson::Value PointFilter(bson::View filter, const collation::Collator* collator) {
  auto first = filter.begin();
  if (first == filter.end() || first->name != "_id") return bson::Value();
  const bson::Value value = first->value;
  if (++first != filter.end() || !IsIdPoint(value)) return bson::Value();
  if (collator != nullptr && collation::HoldsStrings(value.type())) return bson::Value();
  if (value.type() == bson::Type::kDocument && !value.AsView().empty() &&
      value.AsView().begin()->name.starts_with('$')) {
    return bson::Value();
  }
  return value;
}

UniquePoint UniquePointFilter(bson::View filter, const catalog::Collection& collection) {
  if (collection.indexes.empty() || filter.empty() || collection.collator != nullptr) return {};
  auto first = filter.begin();
  const bson::Element element = *first;
  if (++first != filter.end() || element.name.starts_with('$') || !IsIdPoint(element.value) ||
      element.value.type() == bson::Type::kDocument || element.value.IsNullish()) {
    return {};
  }
  for (const catalog::IndexSpec& index : collection.indexes) {
    if (!index.ready || !catalog::HasUniqueEntries(index) || index.collator != nullptr) continue;
    auto field = index.key_pattern.view().begin();
    if (field->name != element.name || !field->value.IsNumber()) continue;
    if (++field != index.key_pattern.view().end() || index::IsHidden(index)) continue;
    if (!index.options["partialFilterExpression"].missing()) continue;
    return {&index, element.value};
  }
  return {};
}

}  // namespace cairn::plan
