// SPDX-License-Identifier: Apache-2.0
// Recursion is bounded by the depth of filters.
#include "query/pipeline/conjuncts.h"

#include <algorithm>
#include <set>

namespace cairn::pipeline {
namespace {

bool IsLogical(std::string_view name) { return name == "$and" || name == "$or" || name == "$nor"; }

bool HasOperators(bson::Value value) {
  return value.type() == bson::Type::kDocument && !value.AsView().empty() &&
         value.AsView().begin()->name.starts_with('$');
}

void Collect(bson::View filter, std::vector<bson::Document>* parts) {
  for (const bson::Element& field : filter) {
    if (field.name != "$and") {
      parts->push_back(bson::Builder().Append(field.name, field.value).Finish());
      continue;
    }
    for (const bson::Element& part : field.value.AsView()) Collect(part.value.AsView(), parts);
  }
}

bool Rewrite(bson::View filter, const Rename& rename, bson::Builder* out) {
  for (const bson::Element& field : filter) {
    if (IsLogical(field.name)) {
      out->OpenArray(field.name);
      for (const bson::Element& part : field.value.AsView()) {
        out->OpenDocument(out->NextIndex());
        if (!Rewrite(part.value.AsView(), rename, out)) return false;
        out->Close();
      }
      out->Close();
      continue;
    }
    if (field.name.starts_with('$')) return false;
    const std::optional<std::string> path = rename(field.name);
    if (!path) return false;
    out->Append(*path, field.value);
  }
  return true;
}

constexpr std::string_view kComparisons[] = {"$eq", "$gt",  "$gte", "$in",
                                             "$lt", "$lte", "$ne",  "$nin"};

bool Compares(bson::Value value) {
  if (value.type() == bson::Type::kRegex) return false;
  if (!HasOperators(value)) return true;
  return std::ranges::all_of(value.AsView(), [](const bson::Element& field) {
    if (std::ranges::find(kComparisons, field.name) == std::end(kComparisons)) return false;
    if (field.value.type() == bson::Type::kRegex) return false;
    if (field.name != "$in" && field.name != "$nin") return true;
    return field.value.type() == bson::Type::kArray &&
           std::ranges::none_of(field.value.AsView(), [](const bson::Element& element) {
             return element.value.type() == bson::Type::kRegex;
           });
  });
}

// Null is also what is not there; what is within arrays and documents may have been more.
bool IsScalar(bson::Value value) {
  return !value.IsNullish() && value.type() != bson::Type::kDocument &&
         value.type() != bson::Type::kArray && value.type() != bson::Type::kRegex;
}

bool HoldsOfMore(bson::Value value) {
  if (!HasOperators(value)) return IsScalar(value);
  return std::ranges::all_of(value.AsView(), [](const bson::Element& field) {
    if (field.name == "$in") {
      return field.value.type() == bson::Type::kArray &&
             std::ranges::all_of(field.value.AsView(), [](const bson::Element& element) {
               return IsScalar(element.value);
             });
    }
    const bool positive = field.name == "$eq" || field.name == "$gt" || field.name == "$gte" ||
                          field.name == "$lt" || field.name == "$lte";
    return positive && IsScalar(field.value);
  });
}

bool HasNumber(std::string_view path) {
  bool at_begin = true;
  for (const char c : path) {
    if (at_begin && c >= '0' && c <= '9') return true;
    at_begin = c == '.';
  }
  return false;
}

}  // namespace

std::vector<bson::Document> Conjuncts(bson::View filter) {
  std::vector<bson::Document> parts;
  Collect(filter, &parts);
  return parts;
}

bson::Document AllOf(const std::vector<bson::Document>& filters) {
  std::set<std::string_view> names;
  bool flat = true;
  for (const bson::Document& filter : filters) {
    for (const bson::Element& field : filter.view()) flat &= names.insert(field.name).second;
  }
  bson::Builder all;
  if (flat) {
    for (const bson::Document& filter : filters) all.AppendAll(filter);
    return all.Finish();
  }
  all.OpenArray("$and");
  for (const bson::Document& filter : filters) all.AppendDocument(all.NextIndex(), filter);
  return all.Close().Finish();
}

std::optional<bson::Document> WithPaths(bson::View filter, const Rename& rename) {
  bson::Builder out;
  if (!Rewrite(filter, rename, &out)) return {};
  return out.Finish();
}

bool OnlyCompares(bson::View filter) {
  return std::ranges::all_of(filter, [](const bson::Element& field) {
    if (!IsLogical(field.name)) return !field.name.starts_with('$') && Compares(field.value);
    return std::ranges::all_of(field.value.AsView(), [](const bson::Element& part) {
      return OnlyCompares(part.value.AsView());
    });
  });
}

bool HoldsForMore(bson::View filter) {
  return std::ranges::all_of(filter, [](const bson::Element& field) {
    return !field.name.starts_with('$') && !HasNumber(field.name) && HoldsOfMore(field.value);
  });
}

}  // namespace cairn::pipeline
