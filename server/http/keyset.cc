// SPDX-License-Identifier: Apache-2.0
// "Behind" in the order of a sort, in the words of filters. A comparison in a filter never crosses
// from one kind of type to another, and asks all elements of an array, so it takes three conditions
// to say that all elements are greater than a value: none is at most that value, none is of a
// lesser type, and there is one.
#include "server/http/keyset.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace cairn::server {
namespace {

/// The types in the order in which they sort; types of one rank compare by value. Arrays are left
/// out: $type means the whole field by them.
constexpr int kMinKeyRank = 0;
constexpr int kNullRank = 2;
constexpr int kNumberRank = 3;
constexpr int kArrayRank = 6;
struct RankedType {
  int rank;
  int32_t type;
};
constexpr RankedType kTypes[] = {
    {kMinKeyRank, -1},
    {1, 6},
    {kNullRank, 10},
    {kNumberRank, 1},
    {kNumberRank, 16},
    {kNumberRank, 18},
    {kNumberRank, 19},
    {4, 2},
    {4, 14},
    {5, 3},
    {7, 5},
    {8, 7},
    {9, 8},
    {10, 9},
    {11, 17},
    {12, 11},
    {13, 12},
    {14, 13},
    {15, 15},
    {16, 127},
};

int RankOf(bson::Value value) {
  const auto type = static_cast<int32_t>(static_cast<int8_t>(value.type()));
  const auto* const row =
      std::find_if(std::begin(kTypes), std::end(kTypes),
                   [type](const RankedType& each) { return each.type == type; });
  return row == std::end(kTypes) ? kNullRank : row->rank;
}

/// Whether filters compare with it as sorts do.
bool IsComparable(bson::Value value) {
  switch (value.type()) {
    case bson::Type::kDouble:
      return !std::isnan(value.AsDouble());
    case bson::Type::kDecimal128:
      return !value.AsDecimal128().IsNaN();
    case bson::Type::kNull:
    case bson::Type::kInt32:
    case bson::Type::kInt64:
    case bson::Type::kString:
    case bson::Type::kDocument:
    case bson::Type::kBinary:
    case bson::Type::kObjectId:
    case bson::Type::kBool:
    case bson::Type::kDate:
    case bson::Type::kTimestamp:
      return true;
    default:
      return false;
  }
}

bool HoldsText(bson::Value value) {
  return value.type() == bson::Type::kString || value.type() == bson::Type::kDocument ||
         value.type() == bson::Type::kArray;
}

/// The value at a dotted path; nothing when an array is on the way.
std::optional<bson::Value> ValueAt(bson::View document, std::string_view path) {
  for (;;) {
    const size_t dot = path.find('.');
    const bson::Value value = document[path.substr(0, dot)];
    if (dot == std::string_view::npos) return value;
    if (value.type() == bson::Type::kArray) return std::nullopt;
    if (value.type() != bson::Type::kDocument) return bson::Value();
    document = value.AsView();
    path.remove_prefix(dot + 1);
  }
}

/// What an array sorts by.
std::optional<bson::Value> ElementOf(bson::View array, bool descending, bool collated) {
  std::optional<bson::Value> best;
  for (const bson::Element& element : array) {
    if (collated && !element.value.IsNumber()) return std::nullopt;
    const bool better = !best || (descending ? bson::Compare(element.value, *best) > 0
                                             : bson::Compare(element.value, *best) < 0);
    if (better) best = element.value;
  }
  return best;
}

// --- Conditions, each appended to an array of filters. -------------------------------------------

/// {path: {operator: value}}
void Add(std::string_view path, const char* name, bson::Value value, bson::Builder* out) {
  out->OpenDocument(out->NextIndex()).OpenDocument(path).Append(name, value).Close().Close();
}

/// {path: {$not: {operator: value}}}
void AddNot(std::string_view path, const char* name, bson::Value value, bson::Builder* out) {
  out->OpenDocument(out->NextIndex()).OpenDocument(path).OpenDocument("$not");
  out->Append(name, value).Close().Close().Close();
}

void AppendTypes(bool above, int rank, bool own, bson::Builder* out) {
  out->OpenArray("$type");
  for (const RankedType& each : kTypes) {
    const bool wanted = above ? each.rank > rank : each.rank < rank;
    if (wanted || (own && each.rank == rank)) out->AppendInt32(out->NextIndex(), each.type);
  }
  out->Close();
}

/// What is no document has no field, which sorts as null; a filter for null does not see it within
/// an array.
void AddOnlyDocumentsAbove(std::string_view path, bson::Builder* out) {
  for (size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    out->OpenDocument(out->NextIndex()).OpenDocument(path.substr(0, dot)).OpenDocument("$not");
    out->OpenDocument("$elemMatch").OpenDocument("$not").AppendInt32("$type", 3).Close().Close();
    out->Close().Close().Close();
  }
}

/// No value at the path comes before those of the key's type in the sort.
void AddNoTypeBefore(std::string_view path, bson::Value key, bool descending, bson::Builder* out) {
  const int rank = RankOf(key);
  out->OpenDocument(out->NextIndex()).OpenArray("$nor");
  out->OpenDocument(out->NextIndex()).OpenDocument(path);
  AppendTypes(descending, rank, false, out);
  out->Close().Close();
  if (descending ? rank < kArrayRank : rank > kArrayRank) {
    out->OpenDocument(out->NextIndex()).OpenDocument(path).OpenDocument("$elemMatch");
    out->AppendInt32("$type", 4).Close().Close().Close();
  }
  out->Close().Close();
  if (descending) return;
  if (rank > kNullRank) {
    out->OpenDocument(out->NextIndex()).OpenDocument(path).AppendNull("$ne");
    out->AppendBool("$exists", true).Close().Close();
    AddOnlyDocumentsAbove(path, out);
  }
  if (rank == kNumberRank) {
    out->OpenDocument(out->NextIndex()).OpenDocument(path);
    out->AppendDouble("$ne", std::numeric_limits<double>::quiet_NaN()).Close().Close();
  }
  // An empty array sorts below null.
  out->OpenDocument(out->NextIndex()).OpenDocument(path).OpenArray("$ne").Close().Close().Close();
}

void AddBehind(std::string_view path, bson::Value key, bool descending, bson::Builder* out) {
  AddNot(path, descending ? "$gte" : "$lte", key, out);
  AddNoTypeBefore(path, key, descending, out);
}

void AddEqual(std::string_view path, bson::Value key, bool descending, bson::Builder* out) {
  Add(path, "$eq", key, out);
  AddNot(path, descending ? "$gt" : "$lt", key, out);
  if (RankOf(key) != kNullRank) AddNoTypeBefore(path, key, descending, out);
}

/// Of _id, which is no array: one condition, which bounds its index on both sides.
void AddIdBehind(bson::Value key, bool descending, bson::Builder* out) {
  const int rank = RankOf(key);
  out->OpenDocument(out->NextIndex()).OpenDocument("_id");
  AppendTypes(!descending, rank, true, out);
  out->OpenDocument("$not").Append(descending ? "$gte" : "$lte", key).Close();
  if (rank == kNumberRank && !descending) {
    out->AppendDouble("$ne", std::numeric_limits<double>::quiet_NaN());
  }
  out->Close().Close();
}

}  // namespace

bool IsDescending(bson::Value direction) {
  switch (direction.type()) {
    case bson::Type::kInt32:
      return direction.AsInt32() < 0;
    case bson::Type::kInt64:
      return direction.AsInt64() < 0;
    case bson::Type::kDouble:
      return direction.AsDouble() < 0;
    default:
      return false;
  }
}

std::optional<bson::Document> SortKeyOf(bson::View document, bson::View sort, bool collated) {
  bson::Builder key;
  for (const bson::Element& field : sort) {
    std::optional<bson::Value> value = ValueAt(document, field.name);
    if (value && value->type() == bson::Type::kArray) {
      value = ElementOf(value->AsView(), IsDescending(field.value), collated);
    }
    if (!value) return std::nullopt;
    // Whether a path leads into an array without such a field no filter for null says; and strings
    // that a collation does not tell apart have no order among them.
    const bool dotted = field.name.find('.') != std::string_view::npos;
    if (dotted && value->IsNullish()) return std::nullopt;
    if (collated && field.name == "_id" && HoldsText(*value)) return std::nullopt;
    if (value->missing()) {
      key.AppendNull(key.NextIndex());
    } else if (IsComparable(*value)) {
      key.Append(key.NextIndex(), *value);
    } else {
      return std::nullopt;
    }
  }
  return key.Finish();
}

bool IsSortKey(bson::View key, bson::View sort) {
  auto value = key.begin();
  for (const bson::Element& field : sort) {
    if (field.name.starts_with('$') || value == key.end() || !IsComparable(value->value)) {
      return false;
    }
    ++value;
  }
  return value == key.end();
}

bson::Document FilterBehind(bson::View filter, bson::View sort, bson::View key) {
  bson::Builder all;
  all.OpenArray("$and");
  if (!filter.empty()) all.AppendDocument(all.NextIndex(), filter);
  const bson::Element first = *sort.begin();
  const bool first_descends = IsDescending(first.value);
  const bson::Value first_key = key.begin()->value;
  if (first.name == "_id") {
    AddIdBehind(first_key, first_descends, &all);
    return all.Close().Finish();
  }
  // For the index: from the first value on.
  AddNot(first.name, first_descends ? "$gt" : "$lt", first_key, &all);
  all.OpenDocument(all.NextIndex()).OpenArray("$or");
  auto last_key = key.begin();
  for (auto last = sort.begin(); last != sort.end(); ++last, ++last_key) {
    all.OpenDocument(all.NextIndex()).OpenArray("$and");
    auto value = key.begin();
    for (auto field = sort.begin(); field != last; ++field, ++value) {
      AddEqual(field->name, value->value, IsDescending(field->value), &all);
    }
    if (last->name == "_id") {
      AddIdBehind(last_key->value, IsDescending(last->value), &all);
    } else {
      AddBehind(last->name, last_key->value, IsDescending(last->value), &all);
    }
    all.Close().Close();
  }
  all.Close().Close();
  return all.Close().Finish();
}

}  // namespace cairn::server
