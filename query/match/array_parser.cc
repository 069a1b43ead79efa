// SPDX-License-Identifier: Apache-2.0
// Operands of $size, $all and $elemMatch.
#include <string>

#include "engine/base/try.h"
#include "query/match/array.h"
#include "query/match/operand.h"
#include "query/match/parser.h"

namespace cairn::match {
namespace {

bool IsElemMatch(bson::Value value) {
  return value.type() == bson::Type::kDocument && !value.AsView().empty() &&
         value.AsView().begin()->name == "$elemMatch";
}

Status AddAllMember(Parser* parser, const path::FieldPath& path, bson::Value member,
                    bool elem_match, int depth, Children* into) {
  if (elem_match) {
    if (!IsElemMatch(member)) {
      return Status(ErrorCode::kBadValue, "$all/$elemMatch has to be consistent");
    }
    return ParseElemMatch(parser, path, member.AsView().begin()->value, depth + 1, into);
  }
  if (IsOperatorDocument(member) && IsFieldOperator(member.AsView().begin()->name)) {
    return Status(ErrorCode::kBadValue, "no $ expressions in $all");
  }
  if (member.type() == bson::Type::kRegex) return ParseRegexValue(parser, path, member, into);
  return ParseEq(parser, path, member, depth, into);
}

}  // namespace

Status ParseSize(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
                 Children* into) {
  const auto size = NonNegativeInteger(operand);
  if (!size.ok()) {
    return Status(ErrorCode::kBadValue, "Failed to parse $size. " + size.status().message());
  }
  return parser->Add(std::make_unique<Size>(path, *size), into);
}

Status ParseElemMatch(Parser* parser, const path::FieldPath& path, bson::Value operand, int depth,
                      Children* into) {
  if (operand.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kBadValue, "$elemMatch needs an Object");
  }
  const bson::View condition = operand.AsView();
  Children conditions;
  ElemMatch::Form form = ElemMatch::Form::kFilter;
  if (IsOperatorDocument(operand) && !IsTopOperator(condition.begin()->name)) {
    form = ElemMatch::Form::kValue;
    CAIRN_TRY_ASSIGN(const auto element, path::FieldPath::Parse(""));
    CAIRN_TRY(parser->ParseFieldOperators(element, condition, depth + 1, &conditions));
  } else {
    const Parser::BelowTop below(parser);
    CAIRN_TRY(parser->ParseFilter(condition, depth + 1, &conditions));
  }
  return parser->Add(std::make_unique<ElemMatch>(path, form, AllOf(std::move(conditions))), into);
}

Status ParseAll(Parser* parser, const path::FieldPath& path, bson::Value operand, int depth,
                Children* into) {
  if (operand.type() != bson::Type::kArray) {
    return Status(ErrorCode::kBadValue, "$all needs an array");
  }
  const bson::View members = operand.AsView();
  if (members.empty()) return parser->Add(std::make_unique<Constant>(false), into);
  const bool elem_match = IsElemMatch(members.begin()->value);
  for (const bson::Element& member : members) {
    CAIRN_TRY(AddAllMember(parser, path, member.value, elem_match, depth, into));
  }
  return Status::Ok();
}

}  // namespace cairn::match
