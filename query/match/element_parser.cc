// SPDX-License-Identifier: Apache-2.0
// Operands of $exists and $type.
#include "engine/base/try.h"
#include "engine/bson/truth.h"
#include "query/match/element.h"
#include "query/match/parser.h"

namespace cairn::match {
Status ParseExists(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
                   Children* into) {
  std::unique_ptr<Expression> node = std::make_unique<Exists>(path);
  if (!bson::IsTrue(operand)) node = std::make_unique<Not>(std::move(node));
  return parser->Add(std::move(node), into);
}

Status ParseType(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
                 Children* into) {
  CAIRN_TRY_ASSIGN(const TypeSet types, TypeSet::Parse(operand));
  return parser->Add(std::make_unique<TypeIs>(path, types), into);
}

}  // namespace cairn::match
