// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/equality.h"

#include <algorithm>

#include "query/path/path.h"

namespace cairn::pipeline {

std::vector<bson::Value> JoinValues(bson::View document, const path::FieldPath& path) {
  std::vector<bson::Value> values;
  bool visited = false;
  const auto add = [&values](bson::Value value) {
    values.push_back(value.missing() ? bson::Value(bson::Type::kNull, "") : value);
  };
  path::ForEachValue(document, path, false, [&](bson::Value value) {
    visited = true;
    if (value.type() == bson::Type::kArray) {
      for (const bson::Element& element : value.AsView()) add(element.value);
    } else {
      add(value);
    }
    return false;
  });
  if (!visited) add(bson::Value());
  return values;
}

bson::Document AnyOf(std::string_view path, const std::vector<bson::Value>& values) {
  bson::Builder filter;
  const auto equals = [&](bson::Value value) {
    filter.OpenDocument(path).Append("$eq", value);
    filter.Close();
  };
  const bool has_regex = std::ranges::any_of(
      values, [](bson::Value value) { return value.type() == bson::Type::kRegex; });
  if (values.size() == 1) {
    equals(values[0]);
  } else if (!has_regex) {
    filter.OpenDocument(path).OpenArray("$in");
    for (bson::Value value : values) filter.Append(filter.NextIndex(), value);
    filter.Close().Close();
  } else {
    filter.OpenArray("$or");
    for (bson::Value value : values) {
      filter.OpenDocument(filter.NextIndex());
      equals(value);
      filter.Close();
    }
    filter.Close();
  }
  return filter.Finish();
}

}  // namespace cairn::pipeline
