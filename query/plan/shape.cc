// SPDX-License-Identifier: Apache-2.0
#include "query/plan/shape.h"

#include <array>
#include <cstdint>
#include <vector>

namespace cairn::plan {
namespace {

using bson::Type;

// Operators whose operands are filters or hold predicates: their insides belong to the shape.
bool HasInside(std::string_view name) {
  return name == "$and" || name == "$or" || name == "$nor" || name == "$not" ||
         name == "$elemMatch" || name == "$all";
}

bool IsOperators(bson::Value value) {
  return value.type() == Type::kDocument && !value.AsView().empty() &&
         value.AsView().begin()->name.starts_with('$');
}

struct Level {
  bson::View::Iterator at;
  bson::View::Iterator end;
  bool members = false;  // Of an array of filters.
};

void AppendFilter(bson::View filter, std::string* out) {
  std::vector<Level> open = {{filter.begin(), filter.end(), false}};
  while (!open.empty()) {
    Level& level = open.back();
    if (level.at == level.end) {
      open.pop_back();
      out->push_back('}');
      continue;
    }
    const bson::Element element = *level.at;
    ++level.at;
    out->append(element.name);
    out->push_back('\0');
    const Type type = element.value.type();
    const bool is_array = type == Type::kArray;
    // The members of $and and the like are filters, too.
    const bool member = level.members && type == Type::kDocument;
    const bool inside = (HasInside(element.name) && (is_array || type == Type::kDocument)) ||
                        member || IsOperators(element.value);
    if (inside) {
      out->push_back(is_array ? '[' : '{');
      const bson::View view = element.value.AsView();
      open.push_back({view.begin(), view.end(), is_array});
    } else {
      out->push_back(type == Type::kRegex ? 'r' : type == Type::kNull ? 'n' : '?');
    }
  }
}

}  // namespace

std::string ShapeOf(bson::View filter, bson::View sort, bson::View projection,
                    bson::View collation) {
  std::string shape;
  AppendFilter(filter, &shape);
  for (const bson::View part : {sort, projection, collation}) {
    shape.push_back('|');
    if (!part.empty()) shape.append(part.bytes());
  }
  return shape;
}

std::string CacheKeyText(std::string_view shape_hash, const catalog::Collection& collection) {
  return HashText(std::string(shape_hash) + "|" + std::to_string(collection.id) + "|" +
                  std::to_string(collection.version));
}

std::string HashText(std::string_view shape) {
  uint32_t hash = 2166136261U;
  for (const char byte : shape) hash = (hash ^ static_cast<uint8_t>(byte)) * 16777619U;
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4) text.push_back(kDigits[hash >> shift & 15]);
  return text;
}

}  // namespace cairn::plan
