// SPDX-License-Identifier: Apache-2.0
// $inc and $mul.
#include "engine/base/bytes.h"
#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "query/update/operator.h"

namespace cairn::update {
namespace {

// `number` as a value whose payload is in `room`.
bson::Value Store(const bson::Number& number, std::string* room) {
  room->clear();
  switch (number.type()) {
    case bson::Type::kInt32:
      base::AppendLittle(room, static_cast<int32_t>(number.integer()));
      break;
    case bson::Type::kInt64:
      base::AppendLittle(room, number.integer());
      break;
    case bson::Type::kDouble:
      base::AppendLittle(room, number.real());
      break;
    default:
      base::AppendLittle(room, number.decimal());
      break;
  }
  return bson::Value(number.type(), room->data());
}

struct Operation {
  std::string_view name;
  std::string_view verb;
  Result<bson::Number> (*apply)(bson::Number a, bson::Number b, bson::OnOverflow on_overflow);
};

constexpr Operation kInc = {"$inc", "increment", bson::Add};
constexpr Operation kMul = {"$mul", "multiply", bson::Multiply};

class Arithmetic : public Operator {
 public:
  Arithmetic(path::FieldPath path, const Operation* operation, bson::Value operand)
      : Operator(std::move(path)), operation_(operation), operand_(operand) {}

  bool Creates(bool) const override { return true; }

  Result<Change> Apply(bson::Value current, bool, std::string* room) const override {
    if (current.missing()) return Change{Change::Kind::kSet, OfMissing(room)};
    if (!current.IsNumber()) {
      return Status(ErrorCode::kTypeMismatch, "Cannot apply " + std::string(operation_->name) +
                                                  " to a value of non-numeric type: the field '" +
                                                  path().dotted() + "' is of type " +
                                                  std::string(bson::TypeName(current.type())));
    }
    const auto result = operation_->apply(bson::Number::From(current), bson::Number::From(operand_),
                                          bson::OnOverflow::kError);
    if (!result.ok()) {
      return Status(ErrorCode::kBadValue, std::string(operation_->name) + " of the field '" +
                                              path().dotted() +
                                              "' leaves the range of 64-bit integers");
    }
    return Change{Change::Kind::kSet, Store(*result, room)};
  }

 private:
  // A sum begins with the operand, a product with a zero of its type.
  bson::Value OfMissing(std::string* room) const {
    if (operation_ == &kInc) return operand_;
    switch (operand_.type()) {
      case bson::Type::kInt32:
        return Store(bson::Number::Int32(0), room);
      case bson::Type::kInt64:
        return Store(bson::Number::Int64(0), room);
      case bson::Type::kDouble:
        return Store(bson::Number::Double(0), room);
      default:
        return Store(bson::Number::Decimal(bson::Decimal128::FromInt64(0)), room);
    }
  }

  const Operation* const operation_;
  bson::Value operand_;
};

Result<std::unique_ptr<Operator>> Parse(path::FieldPath path, const Operation* operation,
                                        bson::Value operand) {
  if (!operand.IsNumber()) {
    return Status(ErrorCode::kTypeMismatch, "Cannot " + std::string(operation->verb) + " '" +
                                                path.dotted() +
                                                "' with a non-numeric argument of type " +
                                                std::string(bson::TypeName(operand.type())));
  }
  CAIRN_TRY(CheckDepth(path, path.size(), bson::Value()));
  return std::unique_ptr<Operator>(
      std::make_unique<Arithmetic>(std::move(path), operation, operand));
}

}  // namespace

Result<std::unique_ptr<Operator>> ParseInc(path::FieldPath path, bson::Value operand,
                                           const expression::Globals&) {
  return Parse(std::move(path), &kInc, operand);
}

Result<std::unique_ptr<Operator>> ParseMul(path::FieldPath path, bson::Value operand,
                                           const expression::Globals&) {
  return Parse(std::move(path), &kMul, operand);
}

}  // namespace cairn::update
