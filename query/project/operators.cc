// SPDX-License-Identifier: Apache-2.0
// Operators in projections: $slice and $elemMatch on arrays; all others are expressions.
#include <algorithm>
#include <limits>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "query/project/parser.h"

namespace cairn::project {
namespace {

// Cut to the range of 32 bits.
int64_t Clamped(bson::Value value) {
  constexpr double kMin = std::numeric_limits<int32_t>::min();
  constexpr double kMax = std::numeric_limits<int32_t>::max();
  const double real = bson::ToDouble(bson::Number::From(value));
  return real != real ? 0 : static_cast<int64_t>(std::clamp(real, kMin, kMax));
}

// A number, or two of which the second is positive; the rest is left to expressions.
std::optional<ArraySlice> ParseSlice(bson::Value operand) {
  if (operand.IsNumber()) {
    const int64_t count = Clamped(operand);
    if (count < 0) return ArraySlice{count, -count};
    return ArraySlice{0, count};
  }
  if (operand.type() != bson::Type::kArray) return std::nullopt;
  bson::Value parts[2];
  size_t found = 0;
  for (const bson::Element& element : operand.AsView()) {
    if (found == std::size(parts) || !element.value.IsNumber()) return std::nullopt;
    parts[found++] = element.value;
  }
  if (found != std::size(parts) || Clamped(parts[1]) <= 0) return std::nullopt;
  return ArraySlice{Clamped(parts[0]), Clamped(parts[1])};
}

Result<Action> ParseElemMatch(const path::FieldPath& path, bson::Value value,
                              const expression::Globals& globals) {
  if (value.AsView().begin()->value.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation31274, "elemMatch: Invalid argument, object required");
  }
  if (path.size() > 1) {
    return Status(ErrorCode::kLocation31255, "Cannot use $elemMatch projection on a nested field");
  }
  bson::Builder builder;
  builder.Append(path.dotted(), value);
  CAIRN_TRY_ASSIGN(auto matcher, match::Matcher::Parse(builder.Finish(), globals));
  Action action;
  action.elem_match = std::make_unique<match::Matcher>(std::move(matcher));
  return action;
}

}  // namespace

Result<Action> ParseOperator(const path::FieldPath& path, bson::Value value,
                             const expression::Globals& globals, Place place) {
  const bson::Element call = *value.AsView().begin();
  const bool find = place == Place::kFind;
  if (find && call.name == "$elemMatch") return ParseElemMatch(path, value, globals);
  Action action;
  if (find && call.name == "$slice") {
    action.slice = ParseSlice(call.value);
    if (action.slice) return action;
  }
  if (!expression::IsOperator(call.name)) {
    return Status(ErrorCode::kLocation31325, "Unknown expression " + std::string(call.name));
  }
  action.is_metadata = call.name == "$meta";
  CAIRN_TRY_ASSIGN(action.computed, expression::Parse(value, globals));
  return action;
}

}  // namespace cairn::project
