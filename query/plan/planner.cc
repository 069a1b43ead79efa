// SPDX-License-Identifier: Apache-2.0
// Only conjunctions are looked into: a predicate below $or or $not bounds nothing.
//
// An index that is multikey gives each document several keys, and two predicates may be met by two
// of them: such an index is bounded by one predicate on its first field alone. An index that
// becomes multikey while a query runs is caught by exec, which then takes Plan::multikey_intervals.
#include "query/plan/planner.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/base/try.h"
#include "engine/index/options.h"
#include "engine/index/wildcard.h"
#include "query/plan/bounds.h"

namespace cairn::plan {
namespace {

using match::Expression;
using match::Kind;

// Predicates of one path that must all hold.
using Predicates = std::vector<const Expression*>;

struct Conjunction {
  std::vector<const match::PathExpression*> predicates;
  bool never = false;  // A member cannot match.
};

bool IsPredicate(Kind kind) {
  return kind == Kind::kEq || kind == Kind::kGt || kind == Kind::kGte || kind == Kind::kLt ||
         kind == Kind::kLte || kind == Kind::kIn;
}

// Whether a predicate asks for values whose order a collator decides. Then keys that stand in the
// plain order have no bounds for it.
bool IsCollated(const Expression& predicate) {
  if (predicate.kind() != Kind::kIn) {
    return collation::HoldsStrings(
        static_cast<const match::Comparison&>(predicate).operand().type());
  }
  const auto& operands = static_cast<const match::In&>(predicate).operands();
  return std::any_of(operands.begin(), operands.end(),
                     [](bson::Value operand) { return collation::HoldsStrings(operand.type()); });
}

// The predicates that every match meets and that bound keys in the plain order. $and inside of $and
// is opened.
Conjunction Flatten(const Expression& root, const collation::Collator* collator) {
  Conjunction conjunction;
  std::vector<const Expression*> open = {&root};
  while (!open.empty()) {
    const Expression* expression = open.back();
    open.pop_back();
    if (expression->kind() == Kind::kAnd) {
      const auto& children = expression->children();
      for (auto child = children.rbegin(); child != children.rend(); ++child) {
        open.push_back(child->get());
      }
    } else if (expression->kind() == Kind::kAlwaysFalse) {
      conjunction.never = true;
    } else if (IsPredicate(expression->kind()) &&
               (collator == nullptr || !IsCollated(*expression))) {
      conjunction.predicates.push_back(static_cast<const match::PathExpression*>(expression));
    }
  }
  return conjunction;
}

// A predicate's rank by how much it leaves out.
int Selectivity(const FieldBounds& bounds) {
  if (bounds.is_point) return 100;
  if (bounds.is_points) return 60;
  return 20;
}

struct Candidate {
  Plan plan;
  int score = 0;
};

// --- _id
// ------------------------------------------------------------------------------------------

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

// Point reads, or a scan of the documents within the bounds on _id.
Candidate PlanById(const Conjunction& conjunction, catalog::Layout layout) {
  Candidate candidate;
  if (layout != catalog::Layout::kById) return candidate;
  std::vector<std::string> points;
  Intervals ranges = {{}};
  bool lower = false;
  bool upper = false;
  for (const match::PathExpression* predicate : conjunction.predicates) {
    if (predicate->path().dotted() != "_id") continue;
    if (IdPoints(*predicate, &points)) {
      if (candidate.score == 0 || points.size() < candidate.plan.points.size()) {
        candidate.plan.points.swap(points);
      }
      candidate.score = 2000;
      continue;
    }
    FieldBounds bounds;
    if (!BoundsOf(*predicate, key::Direction::kAscending, &bounds)) continue;
    ranges = Intersect(ranges, bounds.intervals);
    lower |= bounds.has_lower || bounds.is_points;
    upper |= bounds.has_upper || bounds.is_points;
  }
  if (candidate.score > 0) {
    candidate.plan.access = Access::kIdPoints;
    return candidate;
  }
  if (!lower && !upper) return candidate;
  if (ranges.empty()) {
    candidate.plan.access = Access::kNothing;
  } else {
    Intervals whole = {{ranges.front().begin, ranges.back().end}};
    FitIntervals(key::kMaxSuffixBytes, &whole);
    candidate.plan.ids = std::move(whole.front());
  }
  candidate.score = lower && upper ? 45 : 25;
  return candidate;
}

// --- Indexes
// --------------------------------------------------------------------------------------

// Positions in a path mean other things to an index than to a filter.
bool HasPosition(std::string_view path) {
  while (true) {
    const size_t dot = path.find('.');
    const std::string_view part = path.substr(0, dot);
    if (!part.empty() &&
        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return true;
    }
    if (dot == std::string_view::npos) return false;
    path.remove_prefix(dot + 1);
  }
}

// An index that has a key for every document, in the plain order of values.
bool ServesFilters(const catalog::IndexSpec& index) {
  if (!index.ready || index::IsHidden(index)) return false;
  for (const std::string_view option : {"sparse", "partialFilterExpression", "collation"}) {
    if (!index.options[option].missing()) return false;
  }
  for (const bson::Element& field : index.key_pattern.view()) {
    if (!field.value.IsNumber() || HasPosition(field.name) || index::IsWildcardField(field.name)) {
      return false;
    }
  }
  return true;
}

key::Direction DirectionOf(bson::Value value) {
  const bool negative = (value.type() == bson::Type::kInt32 && value.AsInt32() < 0) ||
                        (value.type() == bson::Type::kInt64 && value.AsInt64() < 0) ||
                        (value.type() == bson::Type::kDouble && value.AsDouble() < 0);
  return negative ? key::Direction::kDescending : key::Direction::kAscending;
}

// The bounds of all predicates on `path`. `only_one`: of the most selective one.
bool BoundField(const Conjunction& conjunction, const bson::Element& field, bool only_one,
                FieldBounds* result) {
  bool bound = false;
  for (const match::PathExpression* predicate : conjunction.predicates) {
    if (predicate->path().dotted() != field.name) continue;
    FieldBounds bounds;
    if (!BoundsOf(*predicate, DirectionOf(field.value), &bounds)) continue;
    if (!bound) {
      *result = std::move(bounds);
    } else if (only_one) {
      if (Selectivity(bounds) > Selectivity(*result)) *result = std::move(bounds);
    } else {
      result->intervals = Intersect(result->intervals, bounds.intervals);
      result->is_point |= bounds.is_point;
      result->is_points |= bounds.is_points;
      result->has_lower |= bounds.has_lower;
      result->has_upper |= bounds.has_upper;
    }
    bound = true;
  }
  return bound;
}

int Score(const FieldBounds& bounds) {
  if (bounds.is_point || bounds.is_points) return Selectivity(bounds);
  return bounds.has_lower && bounds.has_upper ? 40 : 20;
}

// Bounds of all leading fields up to the first that is not held to one value. `fields` and `points`
// count those that have bounds, and those held to one value. Returns the score.
int BoundIndex(const Conjunction& conjunction, const catalog::IndexSpec& index, bool multikey,
               Intervals* intervals, size_t* points) {
  int score = 0;
  std::string prefix;
  *intervals = {{}};
  *points = 0;
  for (const bson::Element& field : index.key_pattern.view()) {
    FieldBounds bounds;
    if (!BoundField(conjunction, field, multikey, &bounds)) break;
    score += Score(bounds);
    *intervals = Prepend(prefix, bounds.intervals);
    if (!bounds.is_point || bounds.intervals.size() != 1 || multikey) {
      *points += bounds.is_point ? 1 : 0;
      break;
    }
    ++*points;
    prefix = intervals->front().begin;
  }
  FitIntervals(key::kMaxFieldBytes, intervals);
  return score;
}

size_t CountFields(bson::View pattern) {
  return static_cast<size_t>(std::distance(pattern.begin(), pattern.end()));
}

Candidate PlanByIndex(const Conjunction& conjunction, const catalog::IndexSpec& index) {
  Candidate candidate;
  Plan& plan = candidate.plan;
  plan.access = Access::kIndexScan;
  plan.index_id = index.id;
  plan.index_name = index.name;
  plan.key_pattern = index.key_pattern;
  size_t points = 0;
  candidate.score = BoundIndex(conjunction, index, index.multikey, &plan.intervals, &points);
  const size_t fields = CountFields(index.key_pattern);
  if (index.unique && points == fields) candidate.score += 500;
  plan.may_repeat = fields != 1 || points != 1 || plan.intervals.size() != 1;
  if (!index.multikey && plan.may_repeat) {
    BoundIndex(conjunction, index, true, &plan.multikey_intervals, &points);
    const auto same = [](const key::Range& a, const key::Range& b) {
      return a.begin == b.begin && a.end == b.end;
    };
    if (std::equal(plan.intervals.begin(), plan.intervals.end(), plan.multikey_intervals.begin(),
                   plan.multikey_intervals.end(), same)) {
      plan.multikey_intervals.clear();
    }
  }
  if (plan.intervals.empty()) {
    plan = Plan{};
    plan.access = Access::kNothing;
  }
  return candidate;
}

// --- Hints and sorts
// ------------------------------------------------------------------------------

enum class HintKind { kNone, kById, kForward, kBackward, kIndex };

struct Hint {
  HintKind kind = HintKind::kNone;
  const catalog::IndexSpec* index = nullptr;
};

Status NoSuchIndex() {
  return Status(ErrorCode::kBadValue, "hint provided does not correspond to an existing index");
}

Result<Hint> HintByPattern(const catalog::Collection& collection, bson::View pattern) {
  if (pattern.empty()) return Hint{};
  const bson::Element first = *pattern.begin();
  if (CountFields(pattern) == 1 && first.value.IsNumber()) {
    const bool descending = DirectionOf(first.value) == key::Direction::kDescending;
    if (first.name == "$natural") {
      return Hint{descending ? HintKind::kBackward : HintKind::kForward, nullptr};
    }
    if (first.name == "_id" && !descending) return Hint{HintKind::kById, nullptr};
  }
  for (const catalog::IndexSpec& index : collection.indexes) {
    if (index.ready && bson::Compare(index.key_pattern.view(), pattern) == 0) {
      return Hint{HintKind::kIndex, &index};
    }
  }
  return NoSuchIndex();
}

Result<Hint> ParseHint(const Request& request) {
  if (request.hint.missing()) return Hint{};
  if (request.hint.type() == bson::Type::kDocument) {
    return HintByPattern(request.collection, request.hint.AsView());
  }
  if (request.hint.type() != bson::Type::kString) {
    return Status(ErrorCode::kFailedToParse, "hint must be a string or a document");
  }
  const std::string_view name = request.hint.AsString();
  if (name == "_id_") return Hint{HintKind::kById, nullptr};
  const catalog::IndexSpec* index = request.collection.FindIndex(name);
  if (index == nullptr || !index->ready) return NoSuchIndex();
  return Hint{HintKind::kIndex, index};
}

// The best of what the hint leaves to choose from.
Plan Choose(const Request& request, const Conjunction& conjunction, const Hint& hint) {
  if (hint.kind == HintKind::kForward || hint.kind == HintKind::kBackward) {
    Plan plan;
    plan.reverse = hint.kind == HintKind::kBackward;
    return plan;
  }
  if (hint.kind == HintKind::kIndex) {
    return ServesFilters(*hint.index) ? PlanByIndex(conjunction, *hint.index).plan : Plan{};
  }
  Candidate best = PlanById(conjunction, request.collection.layout);
  if (hint.kind == HintKind::kById || best.score >= 2000) return std::move(best.plan);
  for (const catalog::IndexSpec& index : request.collection.indexes) {
    if (!ServesFilters(index)) continue;
    Candidate candidate = PlanByIndex(conjunction, index);
    if (candidate.score > best.score) best = std::move(candidate);
  }
  return std::move(best.plan);
}

// Whether the access gives the sort; sets the direction.
void PlanSort(const Request& request, Plan* plan) {
  if (request.sort.empty() || plan->access == Access::kNothing) return;
  const SortField& first = request.sort.fields().front();
  // An _id is unique, so that fields behind it decide nothing.
  const bool by_id = first.path.dotted() == "_id" &&
                     request.collection.layout == catalog::Layout::kById &&
                     request.filter.collator() == nullptr;
  if (by_id && plan->access != Access::kIndexScan) {
    plan->reverse = first.descending;
    plan->ordered_by_id = true;
  } else {
    plan->needs_sort = true;
  }
}

}  // namespace

Result<Plan> MakePlan(const Request& request) {
  CAIRN_TRY_ASSIGN(const Hint hint, ParseHint(request));
  Plan plan;
  if (request.sort.natural() != 0) {
    plan.reverse = request.sort.natural() < 0;
    return plan;
  }
  if (!request.filter.MatchesAll()) {
    const Conjunction conjunction = Flatten(request.filter.root(), request.filter.collator().get());
    if (conjunction.never) {
      plan.access = Access::kNothing;
      return plan;
    }
    plan = Choose(request, conjunction, hint);
  } else if (hint.kind != HintKind::kNone) {
    plan = Choose(request, Conjunction{}, hint);
  }
  PlanSort(request, &plan);
  return plan;
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

}  // namespace cairn::plan
