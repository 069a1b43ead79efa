// SPDX-License-Identifier: Apache-2.0
// An index that is multikey gives a document several keys, and two predicates may be met by two of
// them. So a path through an array is bounded by one predicate, or by those of one $elemMatch on
// that array; and two columns that go through one array are not bounded together, unless by one
// $elemMatch on it.
#include "query/plan/index_scan.h"

#include <algorithm>
#include <utility>

#include "engine/index/key_generator.h"
#include "engine/index/options.h"
#include "engine/index/wildcard.h"
#include "query/match/element.h"
#include "query/match/expr.h"
#include "query/plan/bounds.h"

namespace cairn::plan {
namespace {

using bson::Type;
using bson::Value;
using match::Expression;
using match::Kind;

// Of a wildcard index, for one path, without those before positions.
constexpr size_t kWildcardPathsMax = 8;

bool IsPrefixPath(std::string_view prefix, std::string_view path) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '.');
}

// The longest path that leads into an array on the way of both; empty when there is none.
std::string_view SharedArray(const IndexScan& scan, std::string_view a, std::string_view b) {
  std::string_view longest;
  for (const std::string& path : scan.multikey_paths) {
    if (IsPrefixPath(path, a) && IsPrefixPath(path, b) && path.size() > longest.size()) {
      longest = path;
    }
  }
  return longest;
}

// Whether an array is on the way to the path's last field: an element may lack what is behind it,
// and then has no key in a sparse index.
bool LeadsThroughArray(const IndexScan& scan, std::string_view path) {
  return std::any_of(
      scan.multikey_paths.begin(), scan.multikey_paths.end(),
      [&](const std::string& array) { return array != path && IsPrefixPath(array, path); });
}

int ScoreOf(const Intervals& intervals) {
  if (IsOnePoint(intervals)) return 100;
  if (ArePoints(intervals)) return intervals.size() <= 10 ? 80 : 60;
  if (IsAllValues(intervals)) return 0;
  return intervals.size() == 1 && intervals[0].low.size() > 1 && intervals[0].high.size() > 1 ? 40
                                                                                              : 20;
}

// Predicates that an index without all the keys of its documents can answer: for a wildcard.
bool WildcardServes(const Predicate& one, bool multikey, bool* below) {
  const Expression& predicate = *one.expression;
  *below = false;
  const auto scalar = [](Value value) {
    if (value.IsNullish()) return false;
    if (value.type() == Type::kArray) {
      const bson::View array = value.AsView();
      if (array.empty()) return true;
      const Value first = array.begin()->value;
      return first.type() != Type::kDocument && first.type() != Type::kArray && !first.IsNullish();
    }
    return value.type() != Type::kDocument || value.AsView().empty();
  };
  switch (predicate.kind()) {
    case Kind::kEq:
      return scalar(static_cast<const match::Comparison&>(predicate).operand());
    case Kind::kIn: {
      const auto& operands = static_cast<const match::In&>(predicate).operands();
      return std::all_of(operands.begin(), operands.end(), scalar);
    }
    case Kind::kGt:
    case Kind::kGte:
    case Kind::kLt:
    case Kind::kLte: {
      const Type type = static_cast<const match::Comparison&>(predicate).operand().type();
      return type != Type::kDocument && type != Type::kArray && type != Type::kNull &&
             type != Type::kMinKey && type != Type::kMaxKey && type != Type::kUndefined;
    }
    case Kind::kRegex:
    case Kind::kMod:
      return true;
    case Kind::kExists:
    case Kind::kType:
      *below = true;
      return true;
    case Kind::kNot:
      *below = true;
      // Where arrays are is not kept for each path.
      return NeedsValue(predicate, multikey && one.path.find('.') != std::string::npos);
    default:
      return false;
  }
}

// Bounds of the columns of one index, one after another.
class Binder {
 public:
  Binder(const Conjunction& conjunction, const BoundsContext& context, ScanChoice* choice)
      : conjunction_(conjunction), context_(context), choice_(choice) {}

  void Bind(const std::vector<std::string>& paths, const std::vector<bool>& hashed) {
    choice_->exact = !conjunction_.others && conjunction_.disjunctions.empty();
    choice_->all_points = true;
    used_ = 0;
    for (size_t i = 0; i < paths.size(); ++i) {
      if (static_cast<int>(i) == choice_->scan.path_column) {
        choice_->scan.bounds.push_back(path_bounds_);
        choice_->all_points = false;
        groups_.push_back(0);
        continue;
      }
      BindColumn(i, paths, hashed[i]);
    }
    choice_->exact &= used_ == conjunction_.predicates.size();
  }

  void SetPath(Intervals bounds) { path_bounds_ = std::move(bounds); }

 private:
  // Which predicates a column takes: all, or those of one group or only one.
  void BindColumn(size_t i, const std::vector<std::string>& paths, bool hashed) {
    IndexScan& scan = choice_->scan;
    const std::string& path = paths[i];
    const bool multikey = IsMultikeyColumn(scan, static_cast<int>(i));
    BoundsContext context = context_;
    context.multikey = multikey;
    context.dotted = path.find('.') != std::string::npos;
    context.whole_arrays &= static_cast<int>(i) == scan.path_column + 1;
    const bool lacks_keys = context.sparse && LeadsThroughArray(scan, path);
    Best best;
    for (const Predicate& predicate : conjunction_.predicates) {
      if (predicate.path != path || !MayCompound(i, paths, predicate)) continue;
      if (lacks_keys && !NeedsValue(*predicate.expression, true)) continue;
      PredicateBounds bounds;
      if (!BoundsOf(*predicate.expression, context, &bounds)) continue;
      if (hashed && !ToHashes(*predicate.expression, context.collator, &bounds)) continue;
      Take(predicate, multikey, std::move(bounds), &best);
    }
    groups_.push_back(best.found ? best.group : -1);
    const bool descending =
        ColumnDirection(scan, static_cast<int>(i)) == key::Direction::kDescending;
    if (!best.found) {
      scan.bounds.push_back(descending ? Turned(AllValues()) : AllValues());
      choice_->all_points = false;
      return;
    }
    used_ += best.count;
    choice_->exact &= best.exact;
    choice_->all_points &= IsOnePoint(best.intervals);
    choice_->never |= best.intervals.empty();
    if (i == 0 || (i == 1 && scan.path_column == 0)) choice_->bounded = true;
    if (best.count == 1 && best.lasting && i == 0) scan.lasting |= 1;
    choice_->score += ScoreOf(best.intervals);
    scan.bounds.push_back(descending ? Turned(best.intervals) : std::move(best.intervals));
  }

  struct Best {
    bool found = false;
    Intervals intervals;
    bool exact = true;
    bool lasting = true;
    int group = 0;
    size_t count = 0;
    std::string array;
  };

  // Under one array a document's keys meet predicates one by one.
  void Take(const Predicate& predicate, bool multikey, PredicateBounds bounds, Best* best) const {
    const bool lasting = predicate.expression->kind() != Kind::kNot &&
                         predicate.expression->kind() != Kind::kExprComparison;
    const bool together = !multikey || (predicate.group != 0 && predicate.group == best->group &&
                                        ArraysEndAt(predicate));
    if (!best->found) {
      *best = {true, std::move(bounds.intervals), bounds.exact, lasting, predicate.group, 1, {}};
    } else if (together) {
      best->intervals = Intersect(best->intervals, bounds.intervals);
      best->exact &= bounds.exact;
      ++best->count;
    } else if (ScoreOf(bounds.intervals) > ScoreOf(best->intervals)) {
      *best = {true, std::move(bounds.intervals), bounds.exact, lasting, predicate.group, 1, {}};
    }
  }

  // Whether no array lies behind the one of the predicate's $elemMatch.
  bool ArraysEndAt(const Predicate& predicate) const {
    for (const std::string& path : choice_->scan.multikey_paths) {
      if (IsPrefixPath(path, predicate.path) && !IsPrefixPath(path, predicate.array)) return false;
    }
    return true;
  }

  bool MayCompound(size_t i, const std::vector<std::string>& paths,
                   const Predicate& predicate) const {
    for (size_t before = 0; before < i; ++before) {
      if (groups_[before] < 0 || static_cast<int>(before) == choice_->scan.path_column) continue;
      const std::string_view shared = SharedArray(choice_->scan, paths[before], paths[i]);
      if (shared.empty()) continue;
      if (predicate.group == 0 || predicate.group != groups_[before] || shared != predicate.array) {
        return false;
      }
    }
    return true;
  }

  static bool ToHashes(const Expression& predicate, const collation::Collator* collator,
                       PredicateBounds* bounds) {
    std::vector<Value> values;
    if (predicate.kind() == Kind::kEq) {
      values.push_back(static_cast<const match::Comparison&>(predicate).operand());
    } else if (predicate.kind() == Kind::kExprComparison) {
      const auto& demand = static_cast<const match::ExprComparison&>(predicate);
      if (demand.comparison() != Kind::kEq) return false;
      values.push_back(demand.operand());
    } else if (predicate.kind() == Kind::kIn) {
      values = static_cast<const match::In&>(predicate).operands();
    } else {
      return false;
    }
    bounds->intervals.clear();
    bounds->exact = false;
    for (const Value value : values) {
      if (value.type() == Type::kArray) continue;  // No document with one is in the index.
      if (value.IsNullish()) AddHash(Value(Type::kUndefined, nullptr), bounds);
      const collation::Collated collated(value, collator);
      AddHash(value.IsNullish() ? Value(Type::kNull, nullptr) : collated.value(), bounds);
    }
    Normalize(&bounds->intervals);
    return true;
  }

  static void AddHash(Value value, PredicateBounds* bounds) {
    const int64_t hash = index::HashOf(value);
    bounds->intervals.push_back(
        Point(EncodeValue(Value(Type::kInt64, reinterpret_cast<const char*>(&hash)))));
  }

  const Conjunction& conjunction_;
  const BoundsContext context_;
  ScanChoice* const choice_;
  Intervals path_bounds_ = AllValues();
  std::vector<int> groups_;  // Of each column: the $elemMatch it is bounded by, 0, or -1.
  size_t used_ = 0;
};

IndexScan ScanOf(const catalog::IndexSpec& index) {
  IndexScan scan;
  scan.index_id = index.id;
  scan.index_name = index.name;
  scan.key_pattern = index.key_pattern;
  scan.descending = index::DescendingFields(index.key_pattern, &scan.columns);
  scan.unique = index.unique;
  scan.sparse = index::IsSparse(index);
  scan.partial = !index.options["partialFilterExpression"].missing();
  scan.collated = index.collator != nullptr;
  if (scan.collated) scan.collation = index.collator->spec();
  scan.multikey = index.multikey;
  scan.multikey_paths = index.multikey_paths;
  return scan;
}

void PathsOf(const catalog::IndexSpec& index, IndexScan* scan, std::vector<std::string>* paths,
             std::vector<bool>* hashed) {
  for (const bson::Element& field : index.key_pattern.view()) {
    if (index::IsWildcardField(field.name)) {
      scan->path_column = static_cast<int>(paths->size());
      paths->emplace_back(index::kPathFieldName);
      hashed->push_back(false);
    }
    paths->emplace_back(field.name);
    hashed->push_back(field.value.type() == Type::kString);
    scan->hashed |= hashed->back();
  }
}

std::string EncodeText(std::string_view text) {
  bson::Builder out;
  out.AppendString("", text);
  const bson::Document document = out.Finish();
  return EncodeValue(document.view().begin()->value);
}

// The paths below `path`: from "path." up to "path/", the byte behind the dot.
Interval PathsBelow(std::string_view path) {
  Interval interval;
  interval.low = EncodeText(std::string(path) + ".");
  interval.high = EncodeText(std::string(path) + "/");
  interval.high_included = false;
  return interval;
}

// The key pattern with the wildcard's name replaced by `path`.
bson::Document PatternFor(bson::View pattern, std::string_view path) {
  bson::Builder out;
  for (const bson::Element& field : pattern) {
    if (index::IsWildcardField(field.name)) {
      out.AppendInt32(index::kPathFieldName, 1);
      out.Append(path, field.value);
    } else {
      out.Append(field.name, field.value);
    }
  }
  return out.Finish();
}

// Where an index with arrays may have the keys of what `path` leads to. Positions in arrays are
// left out there, names that look like positions are not; an array in an array has its key as a
// whole, under the path before its position. Empty: too many.
std::vector<std::string> PlacesOf(const std::string& path) {
  std::vector<std::string> paths = {""};
  std::vector<std::string> wholes;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('.', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    const bool may_be_position = begin > 0 && HasPosition(part);
    const size_t before = paths.size();
    if (may_be_position && before >= kWildcardPathsMax) return {};
    if (may_be_position) wholes.insert(wholes.end(), paths.begin(), paths.end());
    for (size_t i = 0; i < before; ++i) {
      if (may_be_position) paths.push_back(paths[i]);
      paths[i] += (begin > 0 ? "." : "") + part;
    }
    begin = end + 1;
  }
  paths.insert(paths.end(), wholes.begin(), wholes.end());
  return paths;
}

// One choice for each path that some predicate is on and the wildcard takes.
std::vector<ScanChoice> ChooseWildcard(const Conjunction& conjunction,
                                       const catalog::IndexSpec& index,
                                       const BoundsContext& context) {
  std::vector<ScanChoice> choices;
  const index::KeyGenerator generator(index, nullptr);
  ScanChoice basis;
  basis.scan = ScanOf(index);
  std::vector<std::string> paths;
  std::vector<bool> hashed;
  PathsOf(index, &basis.scan, &paths, &hashed);
  const auto column = static_cast<size_t>(basis.scan.path_column);
  std::vector<std::string> seen;
  for (const Predicate& predicate : conjunction.predicates) {
    const std::string& path = predicate.path;
    bool below = false;
    if (std::find(seen.begin(), seen.end(), path) != seen.end() ||
        !WildcardServes(predicate, index.multikey, &below)) {
      continue;
    }
    const bool by_position = index.multikey && HasPosition(path);
    const std::vector<std::string> places =
        by_position ? PlacesOf(path) : std::vector<std::string>{path};
    const bool taken = std::all_of(places.begin(), places.end(), [&](const std::string& place) {
      return generator.wildcard().Takes(place);
    });
    if (places.empty() || !taken) continue;
    seen.push_back(path);
    ScanChoice choice = basis;
    Conjunction usable = conjunction;
    std::erase_if(usable.predicates, [&](const Predicate& each) {
      bool also_below = false;
      return each.path == path && !WildcardServes(each, index.multikey, &also_below);
    });
    Intervals at;
    for (const std::string& place : places) {
      at.push_back(Point(EncodeText(place)));
      // The value may be a document: then its fields have the keys.
      if (below) at.push_back(PathsBelow(place));
    }
    Normalize(&at);
    if (below) {
      std::erase_if(usable.predicates, [&](const Predicate& each) { return each.path == path; });
    }
    paths[column + 1] = path;
    choice.scan.key_pattern = PatternFor(index.key_pattern, path);
    // Where arrays are is not kept for each path.
    if (index.multikey) choice.scan.multikey_paths.push_back(path);
    BoundsContext of_path = context;
    of_path.whole_arrays = by_position;
    Binder binder(usable, of_path, &choice);
    binder.SetPath(std::move(at));
    binder.Bind(paths, hashed);
    choice.bounded = true;
    choice.exact = false;
    choice.scan.lasting = 0;
    choices.push_back(std::move(choice));
  }
  if (!choices.empty() || column == 0) return choices;
  // A compound one serves the fields before the wildcard, too.
  paths[column + 1] = "";
  Binder binder(conjunction, context, &basis);
  binder.Bind(paths, hashed);
  basis.exact = false;
  choices.push_back(std::move(basis));
  return choices;
}

bool HasKeysForMatches(const Conjunction& conjunction, const std::vector<std::string>& paths,
                       const IndexScan& scan) {
  return std::any_of(conjunction.predicates.begin(), conjunction.predicates.end(),
                     [&](const Predicate& each) {
                       if (std::find(paths.begin(), paths.end(), each.path) == paths.end())
                         return false;
                       return NeedsValue(*each.expression, LeadsThroughArray(scan, each.path));
                     });
}

}  // namespace

std::vector<ScanChoice> ChooseBounds(const Conjunction& conjunction,
                                     const catalog::IndexSpec& index, bool hinted,
                                     const collation::Collator* collator, bool strings_differ) {
  BoundsContext context;
  context.sparse = index::IsSparse(index) && !hinted;
  context.collator = collator;
  context.strings_differ = strings_differ;
  ScanChoice choice;
  choice.scan = ScanOf(index);
  std::vector<std::string> paths;
  std::vector<bool> hashed;
  PathsOf(index, &choice.scan, &paths, &hashed);
  if (choice.scan.path_column >= 0) return ChooseWildcard(conjunction, index, context);
  if (context.sparse && !HasKeysForMatches(conjunction, paths, choice.scan)) return {};
  for (const std::string& path : paths) {
    if (HasPosition(path) && !hinted) return {};
  }
  if (hinted) {
    // A number in a path may be a position in an array to the index: it bounds nothing.
    for (std::string& path : paths) {
      if (HasPosition(path)) path.clear();
    }
  }
  Binder(conjunction, context, &choice).Bind(paths, hashed);
  choice.exact &= !index.has_truncated_keys && !strings_differ;
  std::vector<ScanChoice> choices;
  choices.push_back(std::move(choice));
  return choices;
}

std::string_view ColumnName(const IndexScan& scan, int column) {
  for (const bson::Element& field : scan.key_pattern.view()) {
    if (column-- == 0) return field.name;
  }
  return {};
}

key::Direction ColumnDirection(const IndexScan& scan, int column) {
  return scan.descending >> column & 1 ? key::Direction::kDescending : key::Direction::kAscending;
}

bool IsMultikeyColumn(const IndexScan& scan, int column) {
  if (!scan.multikey) return false;
  if (scan.path_column >= 0) return column == scan.path_column + 1;
  const std::string_view name = ColumnName(scan, column);
  return std::any_of(scan.multikey_paths.begin(), scan.multikey_paths.end(),
                     [&](const std::string& path) { return IsPrefixPath(path, name); });
}

EntryOrder EntryOrderOf(const catalog::Collection& collection, const catalog::IndexSpec& index) {
  EntryOrder order;
  order.truncated = index.has_truncated_keys;
  order.unique = catalog::HasUniqueEntries(index);
  // Which paths of a wildcard a scan meets is nothing that a sort asks for.
  const bool plain = !std::ranges::any_of(index.key_pattern.view(), [](const bson::Element& field) {
    return index::IsWildcardField(field.name);
  });
  order.by_id = collection.layout == catalog::Layout::kById && index.collator == nullptr && plain;
  return order;
}

bool IsOrderedById(const IndexScan& scan) {
  return !scan.order.empty() && scan.order.back().column == scan.columns;
}

bool GivesSort(const SortPattern& sort, const EntryOrder& entries, bool points_merged,
               IndexScan* scan) {
  if (entries.truncated || scan->hashed || scan->range.has_value() || sort.empty()) return false;
  const auto is_point = [&](int column) {
    const Intervals& bounds = scan->bounds[static_cast<size_t>(column)];
    return IsOnePoint(bounds) || (points_merged && ArePoints(bounds));
  };
  int column = 0;
  int direction = 0;  // 1: forward, -1: backward.
  scan->order.clear();
  for (const SortField& field : sort.fields()) {
    while (column < scan->columns && ColumnName(*scan, column) != field.path.dotted() &&
           is_point(column)) {
      ++column;
    }
    if (column == scan->columns && entries.by_id && field.path.dotted() == "_id") {
      const int wanted = field.descending ? -1 : 1;
      if (direction == 0) direction = wanted;
      if (direction != wanted && !entries.unique) return false;
      scan->order.push_back({column, wanted < 0});
      break;  // No two documents have one _id.
    }
    if (column == scan->columns || ColumnName(*scan, column) != field.path.dotted()) return false;
    if (IsMultikeyColumn(*scan, column)) {
      // The first key of a document is its least one, if all are there.
      const bool goes_on = sort.fields().size() > 1 && sort.fields()[1].path.dotted() != "_id";
      const bool all_there = !scan->sparse || !LeadsThroughArray(*scan, field.path.dotted());
      if (goes_on || !all_there || scan->columns != 1 || !IsAllValues(scan->bounds[0])) {
        return false;
      }
    }
    const bool descending = ColumnDirection(*scan, column) == key::Direction::kDescending;
    const int wanted = descending == field.descending ? 1 : -1;
    if (!IsOnePoint(scan->bounds[static_cast<size_t>(column)])) {
      if (direction == 0) direction = wanted;
      if (direction != wanted) return false;
    }
    scan->order.push_back({column, wanted < 0});
    ++column;
  }
  scan->reverse = direction < 0;
  return true;
}

std::vector<IndexScan> Explode(const IndexScan& scan) {
  std::vector<IndexScan> scans = {scan};
  for (int column = 0; column < scan.order.back().column; ++column) {
    const Intervals& points = scan.bounds[static_cast<size_t>(column)];
    const bool ordered = std::any_of(scan.order.begin(), scan.order.end(),
                                     [&](const auto& each) { return each.column == column; });
    if (ordered || points.size() == 1) continue;
    if (points.size() * scans.size() > kMergedScansMax) return {};
    std::vector<IndexScan> more;
    for (const IndexScan& each : scans) {
      for (const Interval& point : points) {
        more.push_back(each);
        more.back().bounds[static_cast<size_t>(column)] = {point};
      }
    }
    scans = std::move(more);
  }
  return scans;
}

}  // namespace cairn::plan
