// SPDX-License-Identifier: Apache-2.0
#include "query/plan/bounds.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/key/grammar.h"
#include "query/match/array.h"
#include "query/match/element.h"
#include "query/match/expr.h"
#include "query/match/regex.h"

namespace cairn::plan {
namespace {

using bson::Type;
using bson::Value;
using key::TypeByte;
using match::Expression;
using match::Kind;

std::string TypeStart(TypeByte type) { return std::string(1, static_cast<char>(type)); }

// The type that follows in the order of types.
TypeByte NextType(TypeByte type) { return static_cast<TypeByte>(static_cast<uint8_t>(type) + 8); }

std::string EncodeDouble(double number) {
  return EncodeValue(Value(Type::kDouble, reinterpret_cast<const char*>(&number)));
}

bool IsNaN(Value value) {
  return (value.type() == Type::kDouble && value.AsDouble() != value.AsDouble()) ||
         (value.type() == Type::kDecimal128 && value.AsDecimal128().IsNaN());
}

std::string Encode(Value value, const BoundsContext& context) {
  return EncodeValue(collation::Collated(value, context.collator).value());
}

// All values of one type.
Interval OfType(TypeByte type) {
  Interval interval;
  if (type == TypeByte::kNumber) {
    interval.low = EncodeDouble(std::numeric_limits<double>::quiet_NaN());
    interval.high = EncodeDouble(std::numeric_limits<double>::infinity());
    return interval;
  }
  interval.low = TypeStart(type);
  interval.high = TypeStart(NextType(type));
  interval.high_included = false;
  return interval;
}

Intervals Nulls() {
  return {Point(EncodeValue(Value(Type::kUndefined, nullptr))),
          Point(EncodeValue(Value(Type::kNull, nullptr)))};
}

bool StringsUnknown(Value value, const BoundsContext& context) {
  return context.strings_differ && collation::HoldsStrings(value.type());
}

// An array is found by its first element, under which it is indexed when it is the field's value,
// or by itself, when it is an element of that.
bool AddEquality(Value value, const BoundsContext& context, PredicateBounds* bounds) {
  if (value.missing() || StringsUnknown(value, context)) return false;
  if (value.IsNullish()) {
    bounds->exact = false;
    for (Interval& each : Nulls()) bounds->intervals.push_back(std::move(each));
    return true;
  }
  bounds->intervals.push_back(Point(Encode(value, context)));
  if (value.type() != Type::kArray) {
    bounds->exact &= value.type() != Type::kRegex;
    return true;
  }
  bounds->exact = false;
  const bson::View array = value.AsView();
  if (array.empty()) {
    for (Interval& each : Nulls()) bounds->intervals.push_back(std::move(each));
    return true;
  }
  const Value first = array.begin()->value;
  if (first.IsNullish()) {
    for (Interval& each : Nulls()) bounds->intervals.push_back(std::move(each));
    return true;
  }
  bounds->intervals.push_back(Point(Encode(first, context)));
  return true;
}

bool RangeBounds(Kind kind, Value operand, const BoundsContext& context, PredicateBounds* bounds) {
  if (operand.missing() || StringsUnknown(operand, context)) return false;
  const bool lower = kind == Kind::kGt || kind == Kind::kGte;
  const bool included = kind == Kind::kGte || kind == Kind::kLte;
  bounds->exact = true;
  switch (operand.type()) {
    case Type::kMinKey:
    case Type::kMaxKey:
    case Type::kArray:
    case Type::kUndefined:
    case Type::kRegex:
      bounds->intervals = AllValues();
      bounds->exact = false;
      return true;
    case Type::kNull:
      bounds->intervals = Nulls();
      bounds->exact = false;
      return true;
    default:
      break;
  }
  if (IsNaN(operand)) {
    if (included) bounds->intervals.push_back(Point(Encode(operand, context)));
    return true;
  }
  const std::string bytes = Encode(operand, context);
  Interval interval = OfType(static_cast<TypeByte>(static_cast<uint8_t>(bytes[0])));
  if (lower) {
    interval.low = bytes;
    interval.low_included = included;
  } else {
    if (operand.IsNumber()) interval.low = EncodeDouble(-std::numeric_limits<double>::infinity());
    interval.high = bytes;
    interval.high_included = included;
  }
  bounds->intervals.push_back(std::move(interval));
  Normalize(&bounds->intervals);
  // A value inside an array is compared as well, the array as a whole is not.
  bounds->exact = operand.type() != Type::kCode && operand.type() != Type::kCodeWithScope &&
                  operand.type() != Type::kDbPointer;
  return true;
}

// Of $expr: the order of all types decides, an array counts as a whole, and a missing value, which
// has the key of null, is less than null.
bool ExprBounds(const match::ExprComparison& comparison, const BoundsContext& context,
                PredicateBounds* bounds) {
  const Value operand = comparison.operand();
  if (context.multikey || StringsUnknown(operand, context)) return false;
  switch (operand.type()) {
    case Type::kArray:
    case Type::kUndefined:
    case Type::kMinKey:
    case Type::kMaxKey:
      return false;
    default:
      break;
  }
  bounds->exact = false;
  if (comparison.comparison() == Kind::kEq) {
    bounds->intervals =
        operand.type() == Type::kNull ? Nulls() : Intervals{Point(Encode(operand, context))};
    return true;
  }
  Interval interval = AllValues()[0];
  switch (comparison.comparison()) {
    case Kind::kGt:
    case Kind::kGte:
      interval.low = Encode(operand, context);
      interval.low_included = comparison.comparison() == Kind::kGte;
      break;
    default:
      interval.high = Encode(operand, context);
      interval.high_included =
          comparison.comparison() == Kind::kLte || operand.type() == Type::kNull;
  }
  bounds->intervals = {std::move(interval)};
  return true;
}

// The text that every string that `pattern` matches begins with; empty when there is none.
std::string LiteralPrefix(std::string_view pattern, std::string_view flags) {
  if (!flags.empty() && flags != "s") return {};
  if (pattern.starts_with("\\A")) {
    pattern.remove_prefix(2);
  } else if (pattern.starts_with("^")) {
    pattern.remove_prefix(1);
  } else {
    return {};
  }
  if (pattern.find('|') != std::string_view::npos) return {};
  std::string prefix;
  for (const char c : pattern) {
    if (c == '?' || c == '*' || c == '{') {
      // What stands before it may be absent: a whole character of UTF-8.
      while (!prefix.empty() && (static_cast<uint8_t>(prefix.back()) & 0xC0) == 0x80) {
        prefix.pop_back();
      }
      if (!prefix.empty()) prefix.pop_back();
      break;
    }
    if (std::string_view("\\^$.[](){}+|\n").find(c) != std::string_view::npos || c == '\0') break;
    prefix.push_back(c);
  }
  return prefix;
}

std::string EncodeText(std::string_view text) {
  std::string bytes;
  base::AppendLittle<uint32_t>(&bytes, static_cast<uint32_t>(text.size() + 1));
  bytes.append(text).push_back('\0');
  return EncodeValue(Value(Type::kString, bytes.data()));
}

bool RegexBounds(const match::Regex& regex, const BoundsContext& context, PredicateBounds* bounds) {
  bounds->exact = false;
  // A pattern knows no collation, so an index with one says nothing about the strings it matches.
  if (context.collator != nullptr || context.strings_differ) return false;
  bounds->intervals.push_back(OfType(TypeByte::kRegex));
  const std::string prefix = LiteralPrefix(regex.pattern(), regex.flags());
  if (prefix.empty()) {
    bounds->intervals.push_back(OfType(TypeByte::kString));
  } else {
    Interval interval = OfType(TypeByte::kString);
    interval.low = EncodeText(prefix);
    const std::string end = key::PrefixEnd(prefix);
    if (!end.empty()) interval.high = EncodeText(end);
    bounds->intervals.push_back(std::move(interval));
  }
  Normalize(&bounds->intervals);
  return true;
}

bool InBounds(const match::In& in, const BoundsContext& context, PredicateBounds* bounds) {
  bounds->exact = true;
  for (const Value operand : in.operands()) {
    if (!AddEquality(operand, context, bounds)) return false;
  }
  Normalize(&bounds->intervals);
  if (bounds->intervals.size() > kInPointsMax) {
    Interval whole = bounds->intervals.front();
    whole.high = bounds->intervals.back().high;
    whole.high_included = bounds->intervals.back().high_included;
    bounds->intervals = {std::move(whole)};
    bounds->exact = false;
  }
  return true;
}

bool InPatternsBounds(const match::InPatterns& in, const BoundsContext& context,
                      PredicateBounds* bounds) {
  if (!InBounds(in.in(), context, bounds)) return false;
  for (const auto& pattern : in.patterns()) {
    PredicateBounds more;
    if (!RegexBounds(*pattern, context, &more)) return false;
    bounds->intervals = Unite(bounds->intervals, more.intervals);
  }
  bounds->exact = false;
  return true;
}

bool TypeBounds(const match::TypeSet& types, PredicateBounds* bounds) {
  bounds->exact = false;
  // The index has an array's elements, or undefined, not the array.
  if (types.Has(Type::kArray)) {
    bounds->intervals = AllValues();
    return true;
  }
  for (int byte = 0; byte < 256; ++byte) {
    const Type type = static_cast<Type>(byte);
    if (byte == 0 || !types.Has(type)) continue;
    bounds->intervals.push_back(OfType(key::TypeByteOf(type)));
  }
  Normalize(&bounds->intervals);
  return true;
}

bool HasNull(const Expression& predicate) {
  if (predicate.kind() == Kind::kEq) {
    return static_cast<const match::Comparison&>(predicate).operand().IsNullish();
  }
  if (predicate.kind() != Kind::kIn) return false;
  const auto& operands = static_cast<const match::In&>(predicate).operands();
  return std::any_of(operands.begin(), operands.end(),
                     [](Value operand) { return operand.IsNullish(); });
}

// $ne, $nin and $not: all that is not certainly excluded.
bool NegatedBounds(const Expression& child, const BoundsContext& context, PredicateBounds* bounds) {
  if (child.kind() == Kind::kExists) {
    if (context.sparse) return false;
    bounds->intervals = {Point(EncodeValue(Value(Type::kNull, nullptr)))};
    bounds->exact = false;
    return true;
  }
  PredicateBounds inside;
  if (HasNull(child)) {
    // $ne: null and the like: a null key may stand for a field that is missing in an element of an
    // array alone.
    if (context.multikey || child.kind() != Kind::kEq) return false;
    inside.intervals = {Point(EncodeValue(Value(Type::kNull, nullptr)))};
  } else if (!BoundsOf(child, context, &inside) || !inside.exact) {
    return false;
  }
  bounds->intervals = Complement(inside.intervals);
  bounds->exact = false;
  return true;
}

// The conditions on one element: it has to meet all of them, so its key lies in all their bounds.
bool ElementBounds(const Expression& condition, const BoundsContext& context,
                   PredicateBounds* bounds) {
  // An element that is an array has its key as a whole.
  if (condition.kind() == Kind::kElemMatch) return false;
  if (condition.kind() != Kind::kAnd) {
    return condition.kind() != Kind::kOr && condition.kind() != Kind::kNor &&
           BoundsOf(condition, context, bounds);
  }
  bool bound = false;
  for (const auto& child : condition.children()) {
    PredicateBounds more;
    if (!ElementBounds(*child, context, &more)) continue;
    bounds->intervals = bound ? Intersect(bounds->intervals, more.intervals) : more.intervals;
    bound = true;
  }
  return bound;
}

bool BoundsOfValue(const Expression& predicate, const BoundsContext& context,
                   PredicateBounds* bounds) {
  switch (predicate.kind()) {
    case Kind::kEq:
      bounds->exact = true;
      if (!AddEquality(static_cast<const match::Comparison&>(predicate).operand(), context,
                       bounds)) {
        return false;
      }
      Normalize(&bounds->intervals);
      return true;
    case Kind::kGt:
    case Kind::kGte:
    case Kind::kLt:
    case Kind::kLte:
      return RangeBounds(predicate.kind(),
                         static_cast<const match::Comparison&>(predicate).operand(), context,
                         bounds);
    case Kind::kExprComparison:
      return ExprBounds(static_cast<const match::ExprComparison&>(predicate), context, bounds);
    case Kind::kIn:
      return InBounds(static_cast<const match::In&>(predicate), context, bounds);
    case Kind::kInPatterns:
      return InPatternsBounds(static_cast<const match::InPatterns&>(predicate), context, bounds);
    case Kind::kRegex:
      return RegexBounds(static_cast<const match::Regex&>(predicate), context, bounds);
    case Kind::kMod:
      bounds->intervals = {OfType(TypeByte::kNumber)};
      return true;
    case Kind::kExists:
      bounds->intervals = AllValues();
      return true;
    case Kind::kType:
      return TypeBounds(static_cast<const match::TypeIs&>(predicate).types(), bounds);
    case Kind::kNot:
      return NegatedBounds(*predicate.children()[0], context, bounds);
    case Kind::kElemMatch: {
      const auto& match = static_cast<const match::ElemMatch&>(predicate);
      if (match.form() != match::ElemMatch::Form::kValue) return false;
      if (!ElementBounds(*match.children()[0], context, bounds)) return false;
      bounds->exact = false;
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

bool BoundsOf(const Expression& predicate, const BoundsContext& context, PredicateBounds* bounds) {
  *bounds = {};
  if (!BoundsOfValue(predicate, context, bounds)) return false;
  if (context.whole_arrays) {
    bounds->intervals = Unite(bounds->intervals, {OfType(TypeByte::kArray)});
    bounds->exact = false;
  }
  return true;
}

bool NeedsValue(const Expression& predicate, bool through_array) {
  switch (predicate.kind()) {
    case Kind::kEq:
    case Kind::kIn:
      return !HasNull(predicate);
    case Kind::kGt:
    case Kind::kGte:
    case Kind::kLt:
    case Kind::kLte: {
      const Value operand = static_cast<const match::Comparison&>(predicate).operand();
      return !operand.IsNullish() && operand.type() != Type::kMinKey &&
             operand.type() != Type::kMaxKey;
    }
    case Kind::kExprComparison: {
      // Behind an array of other values stands an array without elements.
      if (through_array) return false;
      const auto& comparison = static_cast<const match::ExprComparison&>(predicate);
      return !comparison.operand().IsNullish() && comparison.operand().type() != Type::kMinKey &&
             comparison.comparison() != Kind::kLt && comparison.comparison() != Kind::kLte;
    }
    case Kind::kInPatterns:
      return NeedsValue(static_cast<const match::InPatterns&>(predicate).in(), through_array);
    case Kind::kRegex:
    case Kind::kMod:
    case Kind::kExists:
    case Kind::kType:
    case Kind::kElemMatch:
      return true;
    case Kind::kNot:
      return !through_array && predicate.children()[0]->kind() == Kind::kEq &&
             HasNull(*predicate.children()[0]);
    default:
      return false;
  }
}

}  // namespace cairn::plan
