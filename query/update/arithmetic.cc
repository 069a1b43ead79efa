// SPDX-License-Identifier: Apache-2.0
// $inc.
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

class Inc : public Operator {
 public:
  Inc(path::FieldPath path, bson::Value amount) : Operator(std::move(path)), amount_(amount) {}

  bool Creates(bool) const override { return true; }

  Result<Change> Apply(bson::Value current, bool, std::string* room) const override {
    if (current.missing()) return Change{Change::Kind::kSet, amount_};
    if (!current.IsNumber()) {
      return Status(ErrorCode::kTypeMismatch,
                    "Cannot apply $inc to a value of non-numeric type: the field '" +
                        path().dotted() + "' is of type " +
                        std::string(bson::TypeName(current.type())));
    }
    auto sum = bson::Add(bson::Number::From(current), bson::Number::From(amount_),
                         bson::OnOverflow::kError);
    if (!sum.ok()) {
      return Status(ErrorCode::kBadValue, "$inc of the field '" + path().dotted() +
                                              "' leaves the range of 64-bit integers");
    }
    return Change{Change::Kind::kSet, Store(*sum, room)};
  }

 private:
  bson::Value amount_;
};

}  // namespace

Result<std::unique_ptr<Operator>> ParseInc(path::FieldPath path, bson::Value operand) {
  if (!operand.IsNumber()) {
    return Status(ErrorCode::kTypeMismatch, "Cannot increment '" + path.dotted() +
                                                "' with a non-numeric argument of type " +
                                                std::string(bson::TypeName(operand.type())));
  }
  if (path.size() > static_cast<size_t>(bson::kMaxDepth)) {
    return Status(ErrorCode::kOverflow, "the path '" + path.dotted() + "' is too deep");
  }
  return std::unique_ptr<Operator>(std::make_unique<Inc>(std::move(path), operand));
}

}  // namespace cairn::update
