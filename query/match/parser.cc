// SPDX-License-Identifier: Apache-2.0
// The tables of filter operators, and the walk over a filter that uses them.
#include "query/match/parser.h"

#include <algorithm>
#include <span>
#include <string>

#include "engine/base/try.h"

namespace cairn::match {
namespace {

struct FieldOperator {
  std::string_view name;
  ParseFieldOperator parse;
};

// table "field operators": sorted
constexpr FieldOperator kFieldOperators[] = {
    {"$eq", ParseEq},   {"$exists", ParseExists}, {"$gt", ParseGt},     {"$gte", ParseGte},
    {"$in", ParseIn},   {"$lt", ParseLt},         {"$lte", ParseLte},   {"$ne", ParseNe},
    {"$nin", ParseNin}, {"$not", ParseNot},       {"$type", ParseType},
};
static_assert(std::ranges::is_sorted(kFieldOperators, {}, &FieldOperator::name));

// MongoDB's field operators that Cairn does not have.
// table "unsupported field operators": sorted
constexpr std::string_view kUnsupportedFieldOperators[] = {
    "$all",           "$bitsAllClear", "$bitsAllSet", "$bitsAnyClear", "$bitsAnySet",  "$elemMatch",
    "$geoIntersects", "$geoNear",      "$geoWithin",  "$maxDistance",  "$minDistance", "$mod",
    "$near",          "$nearSphere",   "$options",    "$regex",        "$size",        "$within",
};
static_assert(std::ranges::is_sorted(kUnsupportedFieldOperators));

struct TopOperator {
  std::string_view name;
  ParseTopOperator parse;
};

// table "top operators": sorted
constexpr TopOperator kTopOperators[] = {
    {"$alwaysFalse", ParseAlwaysFalse},
    {"$alwaysTrue", ParseAlwaysTrue},
    {"$and", ParseAnd},
    {"$comment", ParseComment},
    {"$nor", ParseNor},
    {"$or", ParseOr},
};
static_assert(std::ranges::is_sorted(kTopOperators, {}, &TopOperator::name));

// MongoDB's top operators that Cairn does not have.
// table "unsupported top operators": sorted
constexpr std::string_view kUnsupportedTopOperators[] = {
    "$expr", "$jsonSchema", "$sampleRate", "$text", "$where",
};
static_assert(std::ranges::is_sorted(kUnsupportedTopOperators));

template <typename Row>
const Row* FindRow(std::span<const Row> table, std::string_view name) {
  const auto row = std::ranges::lower_bound(table, name, {}, &Row::name);
  return row != table.end() && row->name == name ? &*row : nullptr;
}

Status DepthExceeded() {
  return Status(ErrorCode::kBadValue, "the filter is nested more than " +
                                          std::to_string(kFilterDepthMax) + " levels deep");
}

}  // namespace

Status NotSupported(std::string_view what) {
  return Status(ErrorCode::kNotImplemented, std::string(what) + " is not supported");
}

bool IsOperatorDocument(bson::Value value) {
  if (value.type() != bson::Type::kDocument) return false;
  const bson::View document = value.AsView();
  if (document.empty() || !document.begin()->name.starts_with('$')) return false;
  return document.Find("$ref").missing() || document.Find("$id").missing();
}

Status Parser::Add(std::unique_ptr<Expression> node, Children* into) {
  if (++nodes_ > kFilterNodesMax) {
    return Status(ErrorCode::kBadValue,
                  "the filter has more than " + std::to_string(kFilterNodesMax) + " conditions");
  }
  into->push_back(std::move(node));
  return Status::Ok();
}

Status Parser::ParseFilter(bson::View filter, int depth, Children* into) {
  if (depth > kFilterDepthMax) return DepthExceeded();
  for (const bson::Element& element : filter) {
    if (!element.name.starts_with('$')) {
      CAIRN_TRY(ParseField(element, depth, into));
      continue;
    }
    if (const auto* const row = FindRow<TopOperator>(kTopOperators, element.name)) {
      CAIRN_TRY(row->parse(this, element.value, depth, into));
    } else if (std::ranges::binary_search(kUnsupportedTopOperators, element.name)) {
      return NotSupported(element.name);
    } else {
      return Status(ErrorCode::kBadValue,
                    "unknown top level operator: " + std::string(element.name));
    }
  }
  return Status::Ok();
}

Status Parser::ParseField(const bson::Element& field, int depth, Children* into) {
  CAIRN_TRY_ASSIGN(const auto path, path::FieldPath::Parse(field.name));
  if (IsOperatorDocument(field.value)) {
    return ParseFieldOperators(path, field.value.AsView(), depth, into);
  }
  if (field.value.type() == bson::Type::kRegex) {
    return NotSupported("a regular expression as a condition");
  }
  return ParseEq(this, path, field.value, depth, into);
}

Status Parser::ParseFieldOperators(const path::FieldPath& path, bson::View operators, int depth,
                                   Children* into) {
  if (depth > kFilterDepthMax) return DepthExceeded();
  for (const bson::Element& element : operators) {
    if (const auto* const row = FindRow<FieldOperator>(kFieldOperators, element.name)) {
      CAIRN_TRY(row->parse(this, path, element.value, depth, into));
    } else if (std::ranges::binary_search(kUnsupportedFieldOperators, element.name)) {
      return NotSupported(element.name);
    } else {
      return Status(ErrorCode::kBadValue, "unknown operator: " + std::string(element.name));
    }
  }
  return Status::Ok();
}

}  // namespace cairn::match
