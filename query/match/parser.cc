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
    {"$all", ParseAll},
    {"$bitsAllClear", ParseBitsAllClear},
    {"$bitsAllSet", ParseBitsAllSet},
    {"$bitsAnyClear", ParseBitsAnyClear},
    {"$bitsAnySet", ParseBitsAnySet},
    {"$elemMatch", ParseElemMatch},
    {"$eq", ParseEq},
    {"$exists", ParseExists},
    {"$gt", ParseGt},
    {"$gte", ParseGte},
    {"$in", ParseIn},
    {"$lt", ParseLt},
    {"$lte", ParseLte},
    {"$mod", ParseMod},
    {"$ne", ParseNe},
    {"$nin", ParseNin},
    {"$not", ParseNot},
    {"$size", ParseSize},
    {"$type", ParseType},
};
static_assert(std::ranges::is_sorted(kFieldOperators, {}, &FieldOperator::name));

// MongoDB's field operators that Cairn does not have.
// table "unsupported field operators": sorted
constexpr std::string_view kUnsupportedFieldOperators[] = {
    "$geoIntersects", "$geoNear", "$geoWithin",  "$maxDistance",
    "$minDistance",   "$near",    "$nearSphere", "$within",
};
static_assert(std::ranges::is_sorted(kUnsupportedFieldOperators));

struct TopOperator {
  std::string_view name;
  ParseTopOperator parse;
};

// table "top operators": sorted
constexpr TopOperator kTopOperators[] = {
    {"$_behind", ParseBehind},
    {"$_identical", ParseIdentical},
    {"$alwaysFalse", ParseAlwaysFalse},
    {"$alwaysTrue", ParseAlwaysTrue},
    {"$and", ParseAnd},
    {"$comment", ParseComment},
    {"$expr", ParseExpr},
    {"$jsonSchema", ParseJsonSchema},
    {"$nor", ParseNor},
    {"$or", ParseOr},
    {"$sampleRate", ParseSampleRate},
};
static_assert(std::ranges::is_sorted(kTopOperators, {}, &TopOperator::name));

// MongoDB's top operators that Cairn does not have.
// table "unsupported top operators": sorted
constexpr std::string_view kUnsupportedTopOperators[] = {"$text", "$where"};
static_assert(std::ranges::is_sorted(kUnsupportedTopOperators));

// Those that cannot stand inside $elemMatch.
// table "operators on whole documents": sorted
constexpr std::string_view kWholeDocumentOperators[] = {"$_behind", "$_identical", "$expr", "$text",
                                                        "$where"};
static_assert(std::ranges::is_sorted(kWholeDocumentOperators));

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

bool IsFieldOperator(std::string_view name) {
  return FindRow<FieldOperator>(kFieldOperators, name) != nullptr ||
         std::ranges::binary_search(kUnsupportedFieldOperators, name);
}

bool IsTopOperator(std::string_view name) {
  return FindRow<TopOperator>(kTopOperators, name) != nullptr ||
         std::ranges::binary_search(kUnsupportedTopOperators, name);
}

Status Parser::ParseFilter(bson::View filter, int depth, Children* into) {
  if (depth > kFilterDepthMax) return DepthExceeded();
  for (const bson::Element& element : filter) {
    if (!element.name.starts_with('$')) {
      CAIRN_TRY(ParseField(element, depth, into));
      continue;
    }
    CAIRN_TRY(ParseTop(element, depth, into));
  }
  return Status::Ok();
}

Status Parser::ParseTop(const bson::Element& clause, int depth, Children* into) {
  if (below_top_ && std::ranges::binary_search(kWholeDocumentOperators, clause.name)) {
    return Status(ErrorCode::kBadValue,
                  std::string(clause.name) + " can only be applied to the top-level document");
  }
  if (const auto* const row = FindRow<TopOperator>(kTopOperators, clause.name)) {
    return row->parse(this, clause.value, depth, into);
  }
  if (std::ranges::binary_search(kUnsupportedTopOperators, clause.name)) {
    return NotSupported(clause.name);
  }
  return Status(ErrorCode::kBadValue, "unknown top level operator: " + std::string(clause.name));
}

Status Parser::ParseField(const bson::Element& field, int depth, Children* into) {
  CAIRN_TRY_ASSIGN(const auto path, path::FieldPath::Parse(field.name));
  if (IsOperatorDocument(field.value)) {
    return ParseFieldOperators(path, field.value.AsView(), depth, into);
  }
  if (field.value.type() == bson::Type::kRegex) {
    return ParseRegexValue(this, path, field.value, into);
  }
  return ParseEq(this, path, field.value, depth, into);
}

Status Parser::ParseFieldOperators(const path::FieldPath& path, bson::View operators, int depth,
                                   Children* into) {
  if (depth > kFilterDepthMax) return DepthExceeded();
  bool regex_done = false;
  for (const bson::Element& element : operators) {
    if (element.name == "$regex" || element.name == "$options") {
      if (!regex_done) CAIRN_TRY(ParseRegex(this, path, operators, into));
      regex_done = true;
    } else if (const auto* const row = FindRow<FieldOperator>(kFieldOperators, element.name)) {
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
