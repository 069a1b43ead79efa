// SPDX-License-Identifier: Apache-2.0
#include "query/plan/partial_filter.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/match/element.h"

namespace cairn::plan {
namespace {

using bson::Type;
using bson::Value;
using match::Comparison;
using match::Expression;
using match::In;
using match::Kind;
using match::PathExpression;

class PartialFilter final : public index::DocumentFilter {
 public:
  explicit PartialFilter(match::Matcher matcher) : matcher_(std::move(matcher)) {}
  Result<bool> Matches(bson::View document) const override { return matcher_.Matches(document); }

 private:
  const match::Matcher matcher_;
};

Status CheckAllowed(const Expression& expression) {
  switch (expression.kind()) {
    case Kind::kAnd:
    case Kind::kOr:
      for (const auto& child : expression.children()) CAIRN_TRY(CheckAllowed(*child));
      return Status::Ok();
    case Kind::kEq:
    case Kind::kGt:
    case Kind::kGte:
    case Kind::kLt:
    case Kind::kLte:
    case Kind::kIn:
    case Kind::kExists:
    case Kind::kType:
    case Kind::kAlwaysTrue:
      return Status::Ok();
    case Kind::kExpr:
      return Status(ErrorCode::kQueryFeatureNotAllowed,
                    "$expr is not allowed in a partialFilterExpression");
    default:
      return Status(ErrorCode::kCannotCreateIndex,
                    "Expression not supported in partial index: only equalities, ranges, $in, "
                    "$exists: true, $type, $and and $or are");
  }
}

bool IsComparison(Kind kind) {
  return kind == Kind::kEq || kind == Kind::kGt || kind == Kind::kGte || kind == Kind::kLt ||
         kind == Kind::kLte;
}

bool IsRangeOrPoint(const Expression& expression) { return IsComparison(expression.kind()); }

const std::string& PathOf(const Expression& expression) {
  return static_cast<const PathExpression&>(expression).path().dotted();
}

// Whether the values that compare to `operand` by the query's operator, all of its type, do so by
// the filter's. Both are of the same type.
bool RangeImplies(Kind query, Kind filter, int order) {  // order: of query's and filter's operand.
  switch (filter) {
    case Kind::kGt:
      return query == Kind::kGt ? order >= 0
                                : (query == Kind::kGte || query == Kind::kEq) && order > 0;
    case Kind::kGte:
      return (query == Kind::kGt || query == Kind::kGte || query == Kind::kEq) && order >= 0;
    case Kind::kLt:
      return query == Kind::kLt ? order <= 0
                                : (query == Kind::kLte || query == Kind::kEq) && order < 0;
    case Kind::kLte:
      return (query == Kind::kLt || query == Kind::kLte || query == Kind::kEq) && order <= 0;
    default:
      return query == Kind::kEq && order == 0;
  }
}

bool IsNan(Value value) {
  return (value.type() == Type::kDouble && value.AsDouble() != value.AsDouble()) ||
         (value.type() == Type::kDecimal128 && value.AsDecimal128().IsNaN());
}

// Types for which the bounds of values of equal type say everything.
bool IsPlain(Value value) {
  switch (value.type()) {
    case Type::kDouble:
    case Type::kInt32:
    case Type::kInt64:
    case Type::kDecimal128:
      return !IsNan(value);
    case Type::kString:
    case Type::kObjectId:
    case Type::kBool:
    case Type::kDate:
    case Type::kTimestamp:
    case Type::kBinary:
    case Type::kDocument:
      return true;
    default:
      return false;
  }
}

bool ValueImplies(Kind query_kind, Value query, const Expression& filter,
                  const collation::Collator* collator) {
  if (filter.kind() == Kind::kExists) return !query.IsNullish() && IsPlain(query);
  if (filter.kind() == Kind::kType) {
    return query_kind == Kind::kEq && IsPlain(query) && !query.IsNumber() &&
           static_cast<const match::TypeIs&>(filter).types().Has(query.type());
  }
  if (filter.kind() == Kind::kIn) {
    // Its collator is the same one.
    return query_kind == Kind::kEq && IsPlain(query) &&
           static_cast<const In&>(filter).MatchesValue(query, nullptr);
  }
  if (!IsComparison(filter.kind())) return false;
  const Value bound = static_cast<const Comparison&>(filter).operand();
  if (!IsPlain(query) || !IsPlain(bound)) {
    // The same predicate implies itself whatever it is.
    return query_kind == filter.kind() && query.type() == bound.type() &&
           collation::CompareValues(query, bound, collator) == 0;
  }
  const bool same_type = query.type() == bound.type() || (query.IsNumber() && bound.IsNumber());
  return same_type &&
         RangeImplies(query_kind, filter.kind(), collation::CompareValues(query, bound, collator));
}

// Both are predicates on one path.
bool PredicateImplies(const Expression& query, const Expression& filter,
                      const collation::Collator* collator) {
  if (PathOf(query) != PathOf(filter)) return false;
  if (IsRangeOrPoint(query)) {
    return ValueImplies(query.kind(), static_cast<const Comparison&>(query).operand(), filter,
                        collator);
  }
  if (query.kind() == Kind::kIn) {
    const auto& operands = static_cast<const In&>(query).operands();
    return !operands.empty() && std::all_of(operands.begin(), operands.end(), [&](Value operand) {
      return ValueImplies(Kind::kEq, operand, filter, collator);
    });
  }
  if (filter.kind() == Kind::kExists) {
    // Predicates that hold for a value alone; {$type: 'null'} and the like do so, too.
    return query.kind() == Kind::kExists || query.kind() == Kind::kRegex ||
           query.kind() == Kind::kMod || query.kind() == Kind::kSize ||
           query.kind() == Kind::kElemMatch || query.kind() == Kind::kType;
  }
  return false;
}

bool IsLeaf(Kind kind) {
  return IsComparison(kind) || kind == Kind::kIn || kind == Kind::kExists || kind == Kind::kType ||
         kind == Kind::kRegex || kind == Kind::kMod || kind == Kind::kSize ||
         kind == Kind::kElemMatch;
}

}  // namespace

Result<match::Matcher> ParsePartialFilter(bson::View expression,
                                          std::shared_ptr<const collation::Collator> collator) {
  expression::Globals globals;
  globals.collator = std::move(collator);
  return match::Matcher::Parse(expression, globals);
}

Result<index::DocumentFilterPtr> CompilePartialFilter(
    bson::View expression, const std::shared_ptr<const collation::Collator>& collator) {
  Result<match::Matcher> parsed = ParsePartialFilter(expression, collator);
  if (parsed.status().code() == ErrorCode::kNotImplemented) {
    // $where, $text, $near: no index has them in its filter.
    return Status(ErrorCode::kBadValue, parsed.status().message());
  }
  CAIRN_TRY_ASSIGN(match::Matcher matcher, std::move(parsed));
  CAIRN_TRY(CheckAllowed(matcher.root()));
  return index::DocumentFilterPtr(std::make_shared<const PartialFilter>(std::move(matcher)));
}

bool Implies(const Expression& query, const Expression& filter,
             const collation::Collator* collator) {
  const auto implied = [&](const auto& part) { return Implies(query, *part, collator); };
  const auto implies = [&](const auto& part) { return Implies(*part, filter, collator); };
  const auto& parts = filter.children();
  if (filter.kind() == Kind::kAlwaysTrue) return true;
  if (filter.kind() == Kind::kAnd) return std::all_of(parts.begin(), parts.end(), implied);
  const auto& children = query.children();
  if (query.kind() == Kind::kOr) return std::all_of(children.begin(), children.end(), implies);
  if (filter.kind() == Kind::kOr && std::any_of(parts.begin(), parts.end(), implied)) return true;
  if (query.kind() == Kind::kAnd) return std::any_of(children.begin(), children.end(), implies);
  if (query.kind() == Kind::kAlwaysFalse) return true;
  return IsLeaf(query.kind()) && IsLeaf(filter.kind()) && PredicateImplies(query, filter, collator);
}

}  // namespace cairn::plan
