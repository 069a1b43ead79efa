// SPDX-License-Identifier: Apache-2.0
// Sets of encoded values of one field, as intervals of bytes. An end is the encoding of a value, or
// a lone type byte: the place before all values of that type.
// Thread safety: values and free functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cairn/bson.h"
#include "engine/key/encoding.h"

namespace cairn::plan {

struct Interval {
  std::string low;
  std::string high;
  bool low_included = true;
  bool high_included = true;

  bool IsPoint() const { return low_included && high_included && low == high; }
  bool operator==(const Interval&) const = default;
};

/// Ascending by bytes, disjoint, none empty.
using Intervals = std::vector<Interval>;

/// Whether `value` lies before, in or behind an interval: -1, 0, 1.
int Locate(std::string_view value, const Interval& interval);

/// Ascending encoding of a value.
std::string EncodeValue(bson::Value value);

/// The encoding of a value for the other direction.
std::string ComplementBytes(std::string bytes);

Interval Point(std::string encoded);
/// Every value.
const Intervals& AllValues();
bool IsAllValues(const Intervals& intervals);
/// One interval that holds one value.
bool IsOnePoint(const Intervals& intervals);
/// Only points, at least one.
bool ArePoints(const Intervals& intervals);

/// Sorts, joins what overlaps, drops what is empty.
void Normalize(Intervals* intervals);
Intervals Intersect(const Intervals& a, const Intervals& b);
Intervals Unite(const Intervals& a, const Intervals& b);
/// All values that are in none of `intervals`.
Intervals Complement(const Intervals& intervals);
/// The same set for a descending field: bytes complemented, order turned.
Intervals Turned(const Intervals& intervals);

/// As explain shows it: "[1, 5)". `direction` is the field's.
std::string ShowInterval(const Interval& interval, key::Direction direction);

}  // namespace cairn::plan
