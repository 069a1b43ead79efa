// SPDX-License-Identifier: Apache-2.0
// $bit: {and|or|xor: integer…}, applied in the order given.
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "query/update/operator.h"

namespace cairn::update {
namespace {

enum class Kind { kAnd, kOr, kXor };

struct Step {
  Kind kind;
  bson::Type type;
  int64_t operand;
};

bool IsInteger(bson::Value value) {
  return value.type() == bson::Type::kInt32 || value.type() == bson::Type::kInt64;
}

int64_t Integer(bson::Value value) {
  return value.type() == bson::Type::kInt32 ? value.AsInt32() : value.AsInt64();
}

class Bit : public Operator {
 public:
  Bit(path::FieldPath path, std::vector<Step> steps)
      : Operator(std::move(path)), steps_(std::move(steps)) {}

  bool Creates(bool) const override { return true; }

  Result<Change> Apply(bson::Value current, bool, std::string* room) const override {
    if (!current.missing() && !IsInteger(current)) {
      return Status(ErrorCode::kBadValue,
                    "Cannot apply $bit to a value of non-integral type: the field '" +
                        path().dotted() + "' is of type " +
                        std::string(bson::TypeName(current.type())));
    }
    bson::Type type = current.missing() ? bson::Type::kInt32 : current.type();
    int64_t value = current.missing() ? 0 : Integer(current);
    for (const Step& step : steps_) {
      if (step.type == bson::Type::kInt64) type = bson::Type::kInt64;
      // Two's complement keeps an int32 within its range when both sides are sign-extended.
      value = step.kind == Kind::kAnd  ? value & step.operand
              : step.kind == Kind::kOr ? value | step.operand
                                       : value ^ step.operand;
    }
    room->clear();
    if (type == bson::Type::kInt32) {
      base::AppendLittle(room, static_cast<int32_t>(value));
    } else {
      base::AppendLittle(room, value);
    }
    return Change{Change::Kind::kSet, bson::Value(type, room->data())};
  }

 private:
  std::vector<Step> steps_;
};

Result<Kind> ParseKind(std::string_view name) {
  if (name == "and") return Kind::kAnd;
  if (name == "or") return Kind::kOr;
  if (name == "xor") return Kind::kXor;
  return Status(ErrorCode::kBadValue,
                "The $bit modifier only supports 'and', 'or', and 'xor', not '" +
                    std::string(name) + "' which is an unknown operator");
}

}  // namespace

Result<std::unique_ptr<Operator>> ParseBit(path::FieldPath path, bson::Value operand,
                                           const expression::Globals&) {
  if (operand.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kBadValue,
                  "The $bit modifier is not compatible with a " +
                      std::string(bson::TypeName(operand.type())) +
                      ". You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}");
  }
  CAIRN_TRY(CheckDepth(path, path.size(), bson::Value()));
  std::vector<Step> steps;
  for (const bson::Element& element : operand.AsView()) {
    CAIRN_TRY_ASSIGN(const Kind kind, ParseKind(element.name));
    if (!IsInteger(element.value)) {
      return Status(ErrorCode::kBadValue,
                    "The $bit modifier field must be an Integer(32/64 bit); a '" +
                        std::string(bson::TypeName(element.value.type())) + "' is not supported");
    }
    steps.push_back({kind, element.value.type(), Integer(element.value)});
  }
  if (steps.empty()) {
    return Status(ErrorCode::kBadValue,
                  "You must pass in at least one bitwise operation. The format is: {$bit: {field: "
                  "{and/or/xor: #}}");
  }
  return std::unique_ptr<Operator>(std::make_unique<Bit>(std::move(path), std::move(steps)));
}

}  // namespace cairn::update
