// SPDX-License-Identifier: Apache-2.0
// Operands of $eq, $ne, $gt, $gte, $lt, $lte, $in and $nin.
#include <string>

#include "engine/base/try.h"
#include "query/match/parser.h"
#include "query/match/regex.h"

namespace cairn::match {
namespace {

Result<std::unique_ptr<Expression>> MakeComparison(Parser* parser, Kind kind,
                                                   const path::FieldPath& path,
                                                   bson::Value operand) {
  if (operand.type() == bson::Type::kUndefined) {
    return Status(ErrorCode::kBadValue, "cannot compare to undefined");
  }
  if (operand.type() == bson::Type::kRegex && kind != Kind::kEq) {
    return Status(ErrorCode::kBadValue,
                  "Can't have RegEx as arg to predicate over field '" + path.dotted() + "'.");
  }
  return std::unique_ptr<Expression>(
      std::make_unique<Comparison>(kind, path, operand, parser->collator()));
}

Status AddComparison(Kind kind, Parser* parser, const path::FieldPath& path, bson::Value operand,
                     Children* into) {
  CAIRN_TRY_ASSIGN(auto node, MakeComparison(parser, kind, path, operand));
  return parser->Add(std::move(node), into);
}

Result<std::unique_ptr<Expression>> MakeIn(Parser* parser, std::string_view name,
                                           const path::FieldPath& path, bson::Value operand) {
  if (operand.type() != bson::Type::kArray) {
    return Status(ErrorCode::kBadValue, std::string(name) + " needs an array");
  }
  std::vector<bson::Value> values;
  std::vector<std::unique_ptr<Regex>> patterns;
  for (const bson::Element& element : operand.AsView()) {
    if (IsOperatorDocument(element.value)) {
      return Status(ErrorCode::kBadValue, "cannot nest $ under " + std::string(name));
    }
    if (element.value.type() == bson::Type::kUndefined) {
      return Status(ErrorCode::kBadValue, "cannot compare to undefined");
    }
    if (element.value.type() == bson::Type::kRegex) {
      CAIRN_TRY_ASSIGN(auto pattern, Regex::Make(path, element.value.RegexPattern(),
                                                 element.value.RegexOptions()));
      patterns.push_back(std::move(pattern));
      continue;
    }
    values.push_back(element.value);
  }
  if (!patterns.empty()) {
    return std::unique_ptr<Expression>(std::make_unique<InPatterns>(
        path, std::move(values), std::move(patterns), parser->collator()));
  }
  return std::unique_ptr<Expression>(
      std::make_unique<In>(path, std::move(values), parser->collator()));
}

}  // namespace

Status ParseEq(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
               Children* into) {
  return AddComparison(Kind::kEq, parser, path, operand, into);
}

Status ParseGt(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
               Children* into) {
  return AddComparison(Kind::kGt, parser, path, operand, into);
}

Status ParseGte(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
                Children* into) {
  return AddComparison(Kind::kGte, parser, path, operand, into);
}

Status ParseLt(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
               Children* into) {
  return AddComparison(Kind::kLt, parser, path, operand, into);
}

Status ParseLte(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
                Children* into) {
  return AddComparison(Kind::kLte, parser, path, operand, into);
}

Status ParseNe(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
               Children* into) {
  if (operand.type() == bson::Type::kRegex) {
    return Status(ErrorCode::kBadValue, "Can't have regex as arg to $ne.");
  }
  CAIRN_TRY_ASSIGN(auto node, MakeComparison(parser, Kind::kEq, path, operand));
  return parser->Add(std::make_unique<Not>(std::move(node)), into);
}

Status ParseIn(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
               Children* into) {
  CAIRN_TRY_ASSIGN(auto node, MakeIn(parser, "$in", path, operand));
  return parser->Add(std::move(node), into);
}

Status ParseNin(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
                Children* into) {
  CAIRN_TRY_ASSIGN(auto node, MakeIn(parser, "$nin", path, operand));
  return parser->Add(std::make_unique<Not>(std::move(node)), into);
}

}  // namespace cairn::match
