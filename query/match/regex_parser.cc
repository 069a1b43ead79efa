// SPDX-License-Identifier: Apache-2.0
// $regex with its $options, in either order.
#include <optional>
#include <string>

#include "engine/base/try.h"
#include "query/match/parser.h"
#include "query/match/regex.h"

namespace cairn::match {
namespace {

struct Operands {
  std::optional<std::string_view> pattern;
  std::string_view flags;
};

Result<Operands> Collect(bson::View operators) {
  Operands operands;
  for (const bson::Element& element : operators) {
    const bson::Value value = element.value;
    if (element.name == "$regex") {
      if (value.type() == bson::Type::kString) {
        operands.pattern = value.AsString();
      } else if (value.type() == bson::Type::kRegex) {
        operands.pattern = value.RegexPattern();
        if (value.RegexOptions().empty()) continue;
        if (!operands.flags.empty()) {
          return Status(ErrorCode::kLocation51074, "options set in both $regex and $options");
        }
        operands.flags = value.RegexOptions();
      } else {
        return Status(ErrorCode::kBadValue, "$regex has to be a string");
      }
    } else if (element.name == "$options") {
      if (value.type() != bson::Type::kString) {
        return Status(ErrorCode::kBadValue, "$options has to be a string");
      }
      if (!operands.flags.empty()) {
        return Status(ErrorCode::kLocation51075, "options set in both $regex and $options");
      }
      operands.flags = value.AsString();
    }
  }
  return operands;
}

}  // namespace

Status ParseRegex(Parser* parser, const path::FieldPath& path, bson::View operators,
                  Children* into) {
  CAIRN_TRY_ASSIGN(const Operands operands, Collect(operators));
  if (!operands.pattern) return Status(ErrorCode::kBadValue, "$options needs a $regex");
  CAIRN_TRY_ASSIGN(auto node, Regex::Make(path, *operands.pattern, operands.flags));
  return parser->Add(std::move(node), into);
}

Status ParseRegexValue(Parser* parser, const path::FieldPath& path, bson::Value operand,
                       Children* into) {
  CAIRN_TRY_ASSIGN(auto node, Regex::Make(path, operand.RegexPattern(), operand.RegexOptions()));
  return parser->Add(std::move(node), into);
}

}  // namespace cairn::match
