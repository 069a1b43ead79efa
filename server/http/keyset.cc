// SPDX-License-Identifier: Apache-2.0
#include "server/http/keyset.h"

#include <string_view>

namespace cairn::server {
namespace {

bool HoldsText(bson::Value value) {
  return value.type() == bson::Type::kString || value.type() == bson::Type::kSymbol ||
         value.type() == bson::Type::kDocument || value.type() == bson::Type::kArray;
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

/// What an array sorts by. Nothing where `collated` text makes the choice.
std::optional<bson::Value> ElementOf(bson::View array, bool descending, bool collated) {
  // An empty one sorts as that does, below null.
  bson::Value best(bson::Type::kUndefined, nullptr);
  bool first = true;
  for (const bson::Element& element : array) {
    if (collated && HoldsText(element.value)) return std::nullopt;
    const int order = first ? 0 : bson::Compare(element.value, best);
    if (first || (descending ? order > 0 : order < 0)) best = element.value;
    first = false;
  }
  return best;
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

std::optional<bson::Document> SortKeyOf(bson::View document, bson::View sort,
                                        const Collated& collated) {
  bson::Builder key;
  for (const bson::Element& field : sort) {
    std::optional<bson::Value> value = ValueAt(document, field.name);
    if (value && collated.ids && field.name == "_id" && HoldsText(*value)) return std::nullopt;
    if (value && value->type() == bson::Type::kArray) {
      value = ElementOf(value->AsView(), IsDescending(field.value), collated.strings);
    }
    if (!value) return std::nullopt;
    if (value->missing()) {
      key.AppendNull(key.NextIndex());
    } else {
      key.Append(key.NextIndex(), *value);
    }
  }
  return key.Finish();
}

bool IsSortKey(bson::View key, bson::View sort) {
  auto value = key.begin();
  for (const bson::Element& field : sort) {
    if (field.name.starts_with('$') || value == key.end()) return false;
    ++value;
  }
  return value == key.end();
}

bson::Document FilterBehind(bson::View filter, bson::View sort, bson::View key) {
  bson::Builder all;
  all.OpenArray("$and");
  if (!filter.empty()) all.AppendDocument(all.NextIndex(), filter);
  all.OpenDocument(all.NextIndex()).OpenDocument("$_behind");
  all.AppendDocument("sort", sort).AppendArray("key", key);
  return all.Close().Close().Close().Finish();
}

}  // namespace cairn::server
