// SPDX-License-Identifier: Apache-2.0
// Bounds stand for sets of values as pairs of encoded prefixes, both inclusive, so that a
// descending field needs no case of its own. Exclusive bounds are treated as inclusive: the filter
// decides.
#include "query/plan/bounds.h"

#include <algorithm>
#include <utility>

namespace cairn::plan {
namespace {

using bson::Type;
using bson::Value;
using match::Kind;

// All encodings between two prefixes, both included, ascending.
struct Span {
  std::string from;
  std::string to;
};

std::string Encode(Value value) {
  std::string bytes;
  key::AppendValue(value, key::Direction::kAscending, &bytes);
  return bytes;
}

// Everything that a missing field or an empty array may have become.
Span NullSpan() {
  Span span{Encode(Value(Type::kUndefined, "")), Encode(Value(Type::kNull, ""))};
  if (span.to < span.from) std::swap(span.from, span.to);
  return span;
}

Span PointSpan(Value value) {
  if (value.IsNullish()) return NullSpan();
  std::string bytes = Encode(value);
  return {bytes, bytes};
}

// An array is found by its first element, under which it is indexed when it is the field's value,
// or by itself, when it is an element of that.
void AddEquality(Value value, std::vector<Span>* spans) {
  spans->push_back(PointSpan(value));
  if (value.type() != Type::kArray) return;
  const bson::View array = value.AsView();
  spans->push_back(array.empty() ? NullSpan() : PointSpan(array.begin()->value));
}

// Comparisons match values of the operand's type only, apart from those that no index order serves.
bool HasRange(Value operand) {
  switch (operand.type()) {
    case Type::kMinKey:
    case Type::kMaxKey:
    case Type::kArray:
    case Type::kUndefined:
    case Type::kRegex:
    case Type::kEndOfObject:
      return false;
    default:
      return true;
  }
}

Span RangeSpan(Kind kind, Value operand) {
  if (operand.type() == Type::kNull) return NullSpan();
  std::string bytes = Encode(operand);
  std::string type = bytes.substr(0, 1);
  if (kind == Kind::kGt || kind == Kind::kGte) return {std::move(bytes), std::move(type)};
  return {std::move(type), std::move(bytes)};
}

std::string Complement(std::string bytes) {
  for (char& byte : bytes) byte = static_cast<char>(~byte);
  return bytes;
}

// No upper bound is the greatest.
bool EndLess(const std::string& a, const std::string& b) {
  if (a.empty()) return false;
  return b.empty() || a < b;
}

// Ascending, overlaps joined, empty ranges left out.
void Normalize(Intervals* intervals) {
  std::sort(intervals->begin(), intervals->end(),
            [](const key::Range& a, const key::Range& b) { return a.begin < b.begin; });
  Intervals joined;
  for (key::Range& range : *intervals) {
    if (!range.end.empty() && range.end <= range.begin) continue;
    if (!joined.empty() && (joined.back().end.empty() || range.begin <= joined.back().end)) {
      if (EndLess(joined.back().end, range.end)) joined.back().end = std::move(range.end);
      continue;
    }
    joined.push_back(std::move(range));
  }
  *intervals = std::move(joined);
}

Intervals ToIntervals(std::vector<Span> spans, key::Direction direction) {
  Intervals intervals;
  intervals.reserve(spans.size());
  for (Span& span : spans) {
    if (direction == key::Direction::kDescending) {
      std::swap(span.from, span.to);
      span.from = Complement(std::move(span.from));
      span.to = Complement(std::move(span.to));
    }
    intervals.push_back({std::move(span.from), key::PrefixEnd(span.to)});
  }
  Normalize(&intervals);
  return intervals;
}

bool InBounds(const match::In& in, key::Direction direction, FieldBounds* bounds) {
  std::vector<Span> spans;
  for (const Value operand : in.operands()) {
    // A regular expression in a list may stand for more than itself.
    if (operand.type() == Type::kRegex) return false;
    AddEquality(operand, &spans);
  }
  bounds->intervals = ToIntervals(std::move(spans), direction);
  if (bounds->intervals.size() > kInPointsMax) {
    bounds->intervals = {{bounds->intervals.front().begin, bounds->intervals.back().end}};
    bounds->has_lower = bounds->has_upper = true;
  } else {
    bounds->is_points = true;
  }
  return true;
}

}  // namespace

bool BoundsOf(const match::Expression& predicate, key::Direction direction, FieldBounds* bounds) {
  switch (predicate.kind()) {
    case Kind::kEq: {
      const Value operand = static_cast<const match::Comparison&>(predicate).operand();
      if (operand.missing()) return false;
      std::vector<Span> spans;
      AddEquality(operand, &spans);
      bounds->is_point = operand.type() != Type::kArray && !operand.IsNullish();
      bounds->is_points = true;
      bounds->intervals = ToIntervals(std::move(spans), direction);
      return true;
    }
    case Kind::kGt:
    case Kind::kGte:
    case Kind::kLt:
    case Kind::kLte: {
      const Value operand = static_cast<const match::Comparison&>(predicate).operand();
      if (!HasRange(operand)) return false;
      const bool lower = predicate.kind() == Kind::kGt || predicate.kind() == Kind::kGte;
      bounds->has_lower = lower;
      bounds->has_upper = !lower;
      bounds->intervals = ToIntervals({RangeSpan(predicate.kind(), operand)}, direction);
      return true;
    }
    case Kind::kIn:
      return InBounds(static_cast<const match::In&>(predicate), direction, bounds);
    default:
      return false;
  }
}

Intervals Intersect(const Intervals& a, const Intervals& b) {
  Intervals both;
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const std::string& begin = std::max(a[i].begin, b[j].begin);
    const bool a_ends_first = EndLess(a[i].end, b[j].end);
    const std::string& end = a_ends_first ? a[i].end : b[j].end;
    if (end.empty() || begin < end) both.push_back({begin, end});
    ++(a_ends_first ? i : j);
  }
  return both;
}

Intervals Prepend(std::string_view prefix, const Intervals& intervals) {
  Intervals longer;
  longer.reserve(intervals.size());
  for (const key::Range& range : intervals) {
    longer.push_back({std::string(prefix) + range.begin, range.end.empty()
                                                             ? key::PrefixEnd(prefix)
                                                             : std::string(prefix) + range.end});
  }
  return longer;
}

void FitIntervals(size_t bytes_max, Intervals* intervals) {
  // A cut key keeps this many bytes of the whole; bounds within them are decided before the cut.
  const size_t kept = bytes_max - key::kDigestBytes;
  bool changed = false;
  for (key::Range& range : *intervals) {
    if (range.begin.size() > kept) {
      range.begin.resize(kept);
      changed = true;
    }
    if (range.end.size() > kept) {
      range.end = key::PrefixEnd(std::string_view(range.end).substr(0, kept));
      changed = true;
    }
  }
  if (changed) Normalize(intervals);
}

}  // namespace cairn::plan
