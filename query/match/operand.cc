// SPDX-License-Identifier: Apache-2.0
#include "query/match/operand.h"

#include <string>

#include "engine/base/try.h"
#include "engine/bson/number.h"

namespace cairn::match {

Result<int64_t> Integer(bson::Value operand) {
  if (!operand.IsNumber()) {
    return Status(ErrorCode::kFailedToParse,
                  "Expected a number, found " + std::string(bson::TypeName(operand.type())));
  }
  const auto integer = bson::ToInt64Exact(bson::Number::From(operand));
  if (!integer) {
    return Status(ErrorCode::kFailedToParse, "Expected an integer of 64 bits");
  }
  return *integer;
}

Result<int64_t> NonNegativeInteger(bson::Value operand) {
  CAIRN_TRY_ASSIGN(const int64_t integer, Integer(operand));
  if (integer < 0) {
    return Status(ErrorCode::kFailedToParse,
                  "Expected a non-negative number, found " + std::to_string(integer));
  }
  return integer;
}

}  // namespace cairn::match
