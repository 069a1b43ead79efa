// SPDX-License-Identifier: Apache-2.0
// MongoDB's order over all values. Depth is bounded because views hold validated bytes. The key
// encoding must give the same order: a change here is a change of the on-disk format.
#include "engine/bson/compare.h"

#include <algorithm>

#include "cairn/bson.h"
#include "engine/base/bytes.h"
#include "engine/bson/number.h"

namespace cairn::bson {
namespace {

template <typename T>
int ThreeWay(T a, T b) {
  return a < b ? -1 : (a > b ? 1 : 0);
}

int CompareBytes(std::string_view a, std::string_view b) { return ThreeWay(a.compare(b), 0); }

/// Strings by their bytes.
struct ByteOrder {
  int operator()(std::string_view a, std::string_view b) const { return CompareBytes(a, b); }
};

template <typename Strings>
int CompareBy(Value a, Value b, const Strings& strings);

/// Elements of documents by type, name, value; of arrays by type and value.
template <typename Strings>
int CompareElements(View a, View b, bool names, const Strings& strings) {
  auto left = a.begin();
  auto right = b.begin();
  const auto left_end = a.end();
  const auto right_end = b.end();
  for (; left != left_end && right != right_end; ++left, ++right) {
    const int types =
        ThreeWay(CanonicalOrder(left->value.type()), CanonicalOrder(right->value.type()));
    if (types != 0) return types;
    if (names) {
      if (const int by_name = CompareBytes(left->name, right->name); by_name != 0) return by_name;
    }
    if (const int by_value = CompareBy(left->value, right->value, strings); by_value != 0) {
      return by_value;
    }
  }
  return ThreeWay(left != left_end, right != right_end);
}

int CompareBinary(Value a, Value b) {
  const auto length_a = base::LoadLittle<int32_t>(a.payload());
  const auto length_b = base::LoadLittle<int32_t>(b.payload());
  if (length_a != length_b) return ThreeWay(length_a, length_b);
  // The subtype stands before the data.
  return ThreeWay(std::memcmp(a.payload() + 4, b.payload() + 4, static_cast<size_t>(length_a) + 1),
                  0);
}

int CompareTimestamps(Timestamp a, Timestamp b) {
  if (a.seconds != b.seconds) return ThreeWay(a.seconds, b.seconds);
  return ThreeWay(a.increment, b.increment);
}

int CompareRegexes(Value a, Value b) {
  const int patterns = CompareBytes(a.RegexPattern(), b.RegexPattern());
  return patterns != 0 ? patterns : CompareBytes(a.RegexOptions(), b.RegexOptions());
}

int CompareDbPointers(Value a, Value b) {
  if (a.size() != b.size()) return ThreeWay(a.size(), b.size());
  return ThreeWay(std::memcmp(a.payload(), b.payload(), a.size()), 0);
}

int CompareScopedCode(Value a, Value b) {
  const int codes = CompareBytes(a.ScopedCode(), b.ScopedCode());
  return codes != 0 ? codes : Compare(a.Scope(), b.Scope());
}

template <typename Strings>
int CompareBy(Value a, Value b, const Strings& strings) {
  if (const int types = ThreeWay(CanonicalOrder(a.type()), CanonicalOrder(b.type())); types != 0) {
    return types;
  }
  switch (a.type()) {
    case Type::kDouble:
    case Type::kInt32:
    case Type::kInt64:
    case Type::kDecimal128:
      return CompareNumbers(a, b);
    case Type::kString:
    case Type::kSymbol:
      return strings(a.AsString(), b.AsString());
    case Type::kCode:
      return CompareBytes(a.AsString(), b.AsString());
    case Type::kDocument:
      return CompareElements(a.AsView(), b.AsView(), true, strings);
    case Type::kArray:
      return CompareElements(a.AsView(), b.AsView(), false, strings);
    case Type::kBinary:
      return CompareBinary(a, b);
    case Type::kObjectId:
      return ThreeWay(std::memcmp(a.payload(), b.payload(), sizeof(ObjectId)), 0);
    case Type::kBool:
      return ThreeWay(a.AsBool(), b.AsBool());
    case Type::kDate:
      return ThreeWay(a.AsDateMs(), b.AsDateMs());
    case Type::kTimestamp:
      return CompareTimestamps(a.AsTimestamp(), b.AsTimestamp());
    case Type::kRegex:
      return CompareRegexes(a, b);
    case Type::kDbPointer:
      return CompareDbPointers(a, b);
    case Type::kCodeWithScope:
      return CompareScopedCode(a, b);
    default:
      return 0;
  }
}

}  // namespace

int CanonicalOrder(Type type) noexcept {
  switch (type) {
    case Type::kMinKey:
      return -1;
    case Type::kEndOfObject:
    case Type::kUndefined:
      return 0;
    case Type::kNull:
      return 1;
    case Type::kDouble:
    case Type::kInt32:
    case Type::kInt64:
    case Type::kDecimal128:
      return 2;
    case Type::kString:
    case Type::kSymbol:
      return 3;
    case Type::kDocument:
      return 4;
    case Type::kArray:
      return 5;
    case Type::kBinary:
      return 6;
    case Type::kObjectId:
      return 7;
    case Type::kBool:
      return 8;
    case Type::kDate:
      return 9;
    case Type::kTimestamp:
      return 10;
    case Type::kRegex:
      return 11;
    case Type::kDbPointer:
      return 12;
    case Type::kCode:
      return 13;
    case Type::kCodeWithScope:
      return 14;
    case Type::kMaxKey:
      return 15;
  }
  return 16;
}

int Compare(View a, View b) noexcept { return CompareElements(a, b, true, ByteOrder()); }

int Compare(Value a, Value b) noexcept { return CompareBy(a, b, ByteOrder()); }

int CompareWith(Value a, Value b, const StringOrder& strings) { return CompareBy(a, b, strings); }

}  // namespace cairn::bson
