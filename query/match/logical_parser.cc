// SPDX-License-Identifier: Apache-2.0
// Operands of $and, $or, $nor, $not and of the top operators that hold no condition.
#include <string>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "query/match/parser.h"

namespace cairn::match {
namespace {

// The non-empty array of documents that `name` needs.
Status CheckClauses(std::string_view name, bson::Value operand) {
  if (operand.type() != bson::Type::kArray) {
    return Status(ErrorCode::kBadValue, std::string(name) + " must be an array");
  }
  if (operand.AsView().empty()) {
    return Status(ErrorCode::kBadValue, std::string(name) + " must be a nonempty array");
  }
  for (const bson::Element& element : operand.AsView()) {
    if (element.value.type() != bson::Type::kDocument) {
      return Status(ErrorCode::kBadValue, std::string(name) + " entries need to be full objects");
    }
  }
  return Status::Ok();
}

Status ParseBranches(Parser* parser, bson::Value operand, int depth, Children* branches) {
  for (const bson::Element& element : operand.AsView()) {
    Children clauses;
    CAIRN_TRY(parser->ParseFilter(element.value.AsView(), depth + 1, &clauses));
    CAIRN_TRY(parser->Add(AllOf(std::move(clauses)), branches));
  }
  return Status::Ok();
}

// {$or: [{a: 1}, {a: 2}]} is {a: {$in: [1, 2]}}, which has bounds and notes positions. Null if the
// branches are not like that.
std::unique_ptr<Expression> AsIn(const Children& branches, const collation::Collator* collator) {
  std::vector<bson::Value> operands;
  const path::FieldPath* path = nullptr;
  for (const auto& branch : branches) {
    if (branch->kind() != Kind::kEq) return nullptr;
    const auto& equality = static_cast<const Comparison&>(*branch);
    if (path != nullptr && path->dotted() != equality.path().dotted()) return nullptr;
    path = &equality.path();
    operands.push_back(equality.operand());
  }
  return std::make_unique<In>(*path, std::move(operands), collator);
}

Status CheckOne(std::string_view name, bson::Value operand) {
  if (operand.IsNumber() && bson::ToInt64Exact(bson::Number::From(operand)) == 1) {
    return Status::Ok();
  }
  return Status(ErrorCode::kFailedToParse, std::string(name) + " must be an integer value of 1");
}

}  // namespace

Status ParseAnd(Parser* parser, bson::Value operand, int depth, Children* into) {
  CAIRN_TRY(CheckClauses("$and", operand));
  for (const bson::Element& element : operand.AsView()) {
    CAIRN_TRY(parser->ParseFilter(element.value.AsView(), depth + 1, into));
  }
  return Status::Ok();
}

Status ParseOr(Parser* parser, bson::Value operand, int depth, Children* into) {
  CAIRN_TRY(CheckClauses("$or", operand));
  Children branches;
  CAIRN_TRY(ParseBranches(parser, operand, depth, &branches));
  if (branches.size() == 1) return parser->Add(std::move(branches[0]), into);
  if (auto in = AsIn(branches, parser->collator())) return parser->Add(std::move(in), into);
  return parser->Add(std::make_unique<Junction>(Kind::kOr, std::move(branches)), into);
}

Status ParseNor(Parser* parser, bson::Value operand, int depth, Children* into) {
  CAIRN_TRY(CheckClauses("$nor", operand));
  Children branches;
  CAIRN_TRY(ParseBranches(parser, operand, depth, &branches));
  return parser->Add(std::make_unique<Junction>(Kind::kNor, std::move(branches)), into);
}

Status ParseNot(Parser* parser, const path::FieldPath& path, bson::Value operand, int depth,
                Children* into) {
  Children conditions;
  if (operand.type() == bson::Type::kRegex) {
    CAIRN_TRY(ParseRegexValue(parser, path, operand, &conditions));
    return parser->Add(std::make_unique<Not>(std::move(conditions[0])), into);
  }
  if (operand.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kBadValue, "$not needs a regex or a document");
  }
  if (operand.AsView().empty()) return Status(ErrorCode::kBadValue, "$not cannot be empty");
  CAIRN_TRY(parser->ParseFieldOperators(path, operand.AsView(), depth + 1, &conditions));
  return parser->Add(std::make_unique<Not>(AllOf(std::move(conditions))), into);
}

Status ParseComment(Parser*, bson::Value, int, Children*) { return Status::Ok(); }

Status ParseAlwaysTrue(Parser*, bson::Value operand, int, Children*) {
  return CheckOne("$alwaysTrue", operand);
}

Status ParseAlwaysFalse(Parser* parser, bson::Value operand, int, Children* into) {
  CAIRN_TRY(CheckOne("$alwaysFalse", operand));
  return parser->Add(std::make_unique<Constant>(false), into);
}

}  // namespace cairn::match
