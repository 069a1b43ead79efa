// SPDX-License-Identifier: Apache-2.0
// Operands of $mod and of the bit tests.
#include <bit>
#include <limits>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "query/match/arithmetic.h"
#include "query/match/operand.h"
#include "query/match/parser.h"

namespace cairn::match {
namespace {

Result<int64_t> ModOperand(const char* what, bson::Value operand) {
  if (!operand.IsNumber()) {
    return Status(ErrorCode::kBadValue, std::string("malformed mod, ") + what + " not a number");
  }
  const auto integer = bson::ToInt64Truncated(bson::Number::From(operand));
  if (!integer) {
    return Status(ErrorCode::kBadValue,
                  std::string("malformed mod, ") + what + " value is invalid");
  }
  return *integer;
}

Result<BitPositions> PositionsOfArray(std::string_view name, bson::View array) {
  BitPositions positions;
  for (const bson::Element& element : array) {
    const auto position = Integer(element.value);
    if (!position.ok()) {
      return Status(ErrorCode::kBadValue, "bit positions of " + std::string(name) +
                                              " must be integers. " + position.status().message());
    }
    if (*position < 0) {
      return Status(ErrorCode::kBadValue,
                    "bit positions must be >= 0 but got: " + std::to_string(*position));
    }
    if (*position > std::numeric_limits<int32_t>::max()) {
      return Status(ErrorCode::kBadValue,
                    "bit positions cannot be represented as a 32-bit signed integer: " +
                        std::to_string(*position));
    }
    positions.listed.push_back(static_cast<uint32_t>(*position));
  }
  return positions;
}

Result<BitPositions> Positions(std::string_view name, bson::Value operand) {
  if (operand.type() == bson::Type::kArray) return PositionsOfArray(name, operand.AsView());
  if (operand.type() == bson::Type::kBinary) return BitPositions{{}, BinaryBytes(operand)};
  if (operand.IsNumber()) {
    CAIRN_TRY_ASSIGN(const int64_t mask, NonNegativeInteger(operand));
    BitPositions positions;
    for (auto left = static_cast<uint64_t>(mask); left != 0; left &= left - 1) {
      positions.listed.push_back(static_cast<uint32_t>(std::countr_zero(left)));
    }
    return positions;
  }
  return Status(ErrorCode::kBadValue, std::string(name) +
                                          " takes an Array, a number, or a BinData but received: " +
                                          std::string(bson::TypeName(operand.type())));
}

Status AddBits(std::string_view name, Bits::Test test, Parser* parser, const path::FieldPath& path,
               bson::Value operand, Children* into) {
  CAIRN_TRY_ASSIGN(auto positions, Positions(name, operand));
  return parser->Add(std::make_unique<Bits>(path, test, std::move(positions)), into);
}

}  // namespace

Status ParseMod(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
                Children* into) {
  if (operand.type() != bson::Type::kArray) {
    return Status(ErrorCode::kBadValue, "malformed mod, needs to be an array");
  }
  bson::Value parts[2];
  size_t count = 0;
  for (const bson::Element& element : operand.AsView()) {
    if (count == std::size(parts)) {
      return Status(ErrorCode::kBadValue, "malformed mod, too many elements");
    }
    parts[count++] = element.value;
  }
  if (count < std::size(parts)) {
    return Status(ErrorCode::kBadValue, "malformed mod, not enough elements");
  }
  CAIRN_TRY_ASSIGN(const int64_t divisor, ModOperand("divisor", parts[0]));
  CAIRN_TRY_ASSIGN(const int64_t remainder, ModOperand("remainder", parts[1]));
  if (divisor == 0) return Status(ErrorCode::kBadValue, "divisor cannot be 0");
  return parser->Add(std::make_unique<Mod>(path, divisor, remainder), into);
}

Status ParseBitsAllSet(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
                       Children* into) {
  return AddBits("$bitsAllSet", {.all = true, .set = true}, parser, path, operand, into);
}

Status ParseBitsAllClear(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
                         Children* into) {
  return AddBits("$bitsAllClear", {.all = true, .set = false}, parser, path, operand, into);
}

Status ParseBitsAnySet(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
                       Children* into) {
  return AddBits("$bitsAnySet", {.all = false, .set = true}, parser, path, operand, into);
}

Status ParseBitsAnyClear(Parser* parser, const path::FieldPath& path, bson::Value operand, int,
                         Children* into) {
  return AddBits("$bitsAnyClear", {.all = false, .set = false}, parser, path, operand, into);
}

}  // namespace cairn::match
