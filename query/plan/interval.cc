// SPDX-License-Identifier: Apache-2.0
#include "query/plan/interval.h"

#include <algorithm>
#include <utility>

#include "engine/index/message_text.h"
#include "engine/key/grammar.h"

namespace cairn::plan {
namespace {

using bson::Type;
using bson::Value;
using key::TypeByte;

// Longer texts are cut: explain is read by people.
constexpr size_t kShownBytesMax = 400;

bool IsEmpty(const Interval& interval) {
  return interval.high < interval.low ||
         (interval.low == interval.high && !(interval.low_included && interval.high_included));
}

// Of two ends at the same place an excluded low end is the later one.
bool LowLess(const Interval& a, const Interval& b) {
  return a.low != b.low ? a.low < b.low : a.low_included && !b.low_included;
}

bool HighLess(const Interval& a, const Interval& b) {
  return a.high != b.high ? a.high < b.high : !a.high_included && b.high_included;
}

// Types whose encoding is the type byte alone: there the byte is the value.
bool HasEmptyBody(uint8_t byte) {
  const auto type = static_cast<TypeByte>(byte);
  return type == TypeByte::kMinKey || type == TypeByte::kUndefined || type == TypeByte::kNull ||
         type == TypeByte::kMaxKey;
}

// An end in the turned order. The place before all values of a type becomes the place behind them.
std::string TurnEnd(const std::string& end, bool* included, bool is_low) {
  if (end.size() != 1 || HasEmptyBody(static_cast<uint8_t>(end[0]))) return ComplementBytes(end);
  *included = is_low;
  return std::string(1, static_cast<char>(~end[0] + 1));
}

// The same way back.
std::string TurnEndBack(const std::string& end) {
  if (end.size() != 1 || HasEmptyBody(static_cast<uint8_t>(~end[0]))) return ComplementBytes(end);
  return std::string(1, static_cast<char>(~(end[0] - 1)));
}

// What a lone type byte stands for as the least value of its type.
struct TypeStart {
  TypeByte type;
  const char* text;
};
constexpr TypeStart kTypeStarts[] = {
    {TypeByte::kMinKey, "MinKey"},
    {TypeByte::kUndefined, "undefined"},
    {TypeByte::kNull, "null"},
    {TypeByte::kNumber, "nan.0"},
    {TypeByte::kString, "\"\""},
    {TypeByte::kObject, "{}"},
    {TypeByte::kArray, "[]"},
    {TypeByte::kBinary, "BinData(0, )"},
    {TypeByte::kObjectId, "ObjectId('000000000000000000000000')"},
    {TypeByte::kBool, "false"},
    {TypeByte::kDate, "new Date(-9223372036854775808)"},
    {TypeByte::kTimestamp, "Timestamp(0, 0)"},
    {TypeByte::kRegex, "//"},
    {TypeByte::kDbPointer, "DBRef()"},
    {TypeByte::kCode, "Code()"},
    {TypeByte::kCodeWithScope, "CodeWScope()"},
    {TypeByte::kMaxKey, "MaxKey"},
};

std::string ShowEnd(const std::string& end, key::Direction direction) {
  const std::string bytes = direction == key::Direction::kDescending ? TurnEndBack(end) : end;
  if (bytes.size() == 1) {
    const auto byte = static_cast<uint8_t>(bytes[0]);
    for (const TypeStart& start : kTypeStarts) {
      if (static_cast<uint8_t>(start.type) == byte) return start.text;
    }
  }
  bson::Builder out;
  key::Decoder decoder(bytes, {});
  if (!decoder.Next(key::Direction::kAscending, "", &out).ok()) return "...";
  const bson::Document document = out.Finish();
  const Value value = document.view().begin()->value;
  if (value.type() == Type::kDouble && value.AsDouble() != value.AsDouble()) return "nan.0";
  if (value.type() == Type::kDouble && value.AsDouble() - value.AsDouble() != 0) {
    return value.AsDouble() > 0 ? "inf.0" : "-inf.0";
  }
  // "{ : value }" without its braces.
  std::string text = index::MessageText(document);
  const size_t colon = text.find(": ");
  if (colon == std::string::npos || text.size() < colon + 4) return text;
  text = text.substr(colon + 2, text.size() - colon - 4);
  if (text.size() > kShownBytesMax) text = text.substr(0, kShownBytesMax) + "...";
  return text;
}

}  // namespace

std::string ComplementBytes(std::string bytes) {
  for (char& byte : bytes) byte = static_cast<char>(~byte);
  return bytes;
}

int Locate(std::string_view value, const Interval& interval) {
  const int low = value.compare(interval.low);
  if (low < 0 || (low == 0 && !interval.low_included)) return -1;
  const int high = value.compare(interval.high);
  return high > 0 || (high == 0 && !interval.high_included) ? 1 : 0;
}

std::string EncodeValue(Value value) {
  std::string bytes;
  key::AppendValue(value, key::Direction::kAscending, &bytes);
  return bytes;
}

Interval Point(std::string encoded) {
  Interval interval;
  interval.high = encoded;
  interval.low = std::move(encoded);
  return interval;
}

const Intervals& AllValues() {
  static const Intervals all = [] {
    Interval interval;
    interval.low = EncodeValue(Value(Type::kMinKey, nullptr));
    interval.high = EncodeValue(Value(Type::kMaxKey, nullptr));
    return Intervals{interval};
  }();
  return all;
}

bool IsAllValues(const Intervals& intervals) {
  static const Intervals turned = Turned(AllValues());
  return intervals == AllValues() || intervals == turned;
}

bool IsOnePoint(const Intervals& intervals) {
  return intervals.size() == 1 && intervals[0].IsPoint();
}

bool ArePoints(const Intervals& intervals) {
  return !intervals.empty() &&
         std::all_of(intervals.begin(), intervals.end(),
                     [](const Interval& interval) { return interval.IsPoint(); });
}

void Normalize(Intervals* intervals) {
  std::erase_if(*intervals, IsEmpty);
  if (intervals->size() < 2) return;
  std::sort(intervals->begin(), intervals->end(), LowLess);
  size_t last = 0;
  for (size_t i = 1; i < intervals->size(); ++i) {
    Interval& before = (*intervals)[last];
    Interval& next = (*intervals)[i];
    const bool joins = next.low < before.high ||
                       (next.low == before.high && (next.low_included || before.high_included));
    if (!joins) {
      if (++last != i) (*intervals)[last] = std::move(next);
    } else if (HighLess(before, next)) {
      before.high = std::move(next.high);
      before.high_included = next.high_included;
    }
  }
  intervals->resize(last + 1);
}

Intervals Intersect(const Intervals& a, const Intervals& b) {
  Intervals both;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    Interval common;
    const Interval& low = LowLess(a[i], b[j]) ? b[j] : a[i];
    const bool a_ends_first = HighLess(a[i], b[j]);
    const Interval& high = a_ends_first ? a[i] : b[j];
    common.low = low.low;
    common.low_included = low.low_included;
    common.high = high.high;
    common.high_included = high.high_included;
    if (!IsEmpty(common)) both.push_back(std::move(common));
    ++(a_ends_first ? i : j);
  }
  return both;
}

Intervals Unite(const Intervals& a, const Intervals& b) {
  Intervals all = a;
  all.insert(all.end(), b.begin(), b.end());
  Normalize(&all);
  return all;
}

Intervals Complement(const Intervals& intervals) {
  Interval rest = AllValues()[0];
  Intervals outside;
  for (const Interval& interval : intervals) {
    Interval before = rest;
    before.high = interval.low;
    before.high_included = !interval.low_included;
    if (!IsEmpty(before)) outside.push_back(std::move(before));
    rest.low = interval.high;
    rest.low_included = !interval.high_included;
  }
  if (!IsEmpty(rest)) outside.push_back(std::move(rest));
  return outside;
}

Intervals Turned(const Intervals& intervals) {
  Intervals turned;
  turned.reserve(intervals.size());
  for (auto interval = intervals.rbegin(); interval != intervals.rend(); ++interval) {
    Interval& other = turned.emplace_back();
    other.low_included = interval->high_included;
    other.high_included = interval->low_included;
    other.low = TurnEnd(interval->high, &other.low_included, true);
    other.high = TurnEnd(interval->low, &other.high_included, false);
  }
  return turned;
}

std::string ShowInterval(const Interval& interval, key::Direction direction) {
  // In the turned order a lone byte stands behind the values of a type, not before them.
  const bool turned = direction == key::Direction::kDescending;
  const auto lone = [&](const std::string& end) {
    return turned && end.size() == 1 && !HasEmptyBody(static_cast<uint8_t>(~end[0]));
  };
  const bool low_included = interval.low_included != lone(interval.low);
  const bool high_included = interval.high_included != lone(interval.high);
  return (low_included ? "[" : "(") + ShowEnd(interval.low, direction) + ", " +
         ShowEnd(interval.high, direction) + (high_included ? "]" : ")");
}

}  // namespace cairn::plan
