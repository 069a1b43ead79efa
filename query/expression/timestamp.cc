// SPDX-License-Identifier: Apache-2.0
// The parts of timestamps.
#include <string>

#include "query/expression/date_operators.h"

namespace cairn::expression {
namespace {

using Arguments = std::span<const bson::Value>;

Status NoTimestamp(ErrorCode code, std::string_view name, bson::Value found) {
  return Status(code, "Argument to " + std::string(name) + " must be a timestamp, but is " +
                          std::string(NameOfType(found)));
}

}  // namespace

Result<bson::Value> TsIncrement(Arguments arguments, const Context& context) {
  const bson::Value value = arguments[0];
  if (value.IsNullish()) return Scratch::Null();
  if (value.type() != bson::Type::kTimestamp) {
    return NoTimestamp(ErrorCode::kLocation5687302, "$tsIncrement", value);
  }
  return context.scratch->Number(bson::Number::Int64(value.AsTimestamp().increment));
}

Result<bson::Value> TsSecond(Arguments arguments, const Context& context) {
  const bson::Value value = arguments[0];
  if (value.IsNullish()) return Scratch::Null();
  if (value.type() != bson::Type::kTimestamp) {
    return NoTimestamp(ErrorCode::kLocation5687301, "$tsSecond", value);
  }
  return context.scratch->Number(bson::Number::Int64(value.AsTimestamp().seconds));
}

}  // namespace cairn::expression
