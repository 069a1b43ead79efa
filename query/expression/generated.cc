// SPDX-License-Identifier: Apache-2.0
// Values that are new each time: $rand and $createObjectId.
#include <string>

#include "engine/base/clock.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

class Rand : public Expression {
 public:
  Result<bson::Value> Evaluate(const Context& context) const override {
    // 53 bits: each double of [0, 1) in steps of 2^-53.
    const auto bits = static_cast<double>(base::Clock::System()->Random() >> 11);
    return context.scratch->Number(bson::Number::Double(bits * 0x1p-53));
  }
  void AddDependencies(Dependencies*) const override {}
};

class CreateObjectId : public Expression {
 public:
  Result<bson::Value> Evaluate(const Context& context) const override {
    const bson::ObjectId id = bson::ObjectId::Generate();
    return context.scratch->Copy(bson::Type::kObjectId,
                                 {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
  }
  void AddDependencies(Dependencies*) const override {}
};

// These take {} or [].
Status CheckNoArguments(std::string_view name, bson::Value operand) {
  if (operand.type() != bson::Type::kDocument && operand.type() != bson::Type::kArray) {
    return Status(ErrorCode::kLocation10065, std::string(name) + " requires {} or [], not " +
                                                 std::string(NameOfType(operand)));
  }
  if (operand.AsView().empty()) return Status::Ok();
  return Status(ErrorCode::kLocation3040501, std::string(name) + " takes no arguments");
}

}  // namespace

Result<ExpressionPtr> ParseCreateObjectId(bson::Value operand, Scope*, int) {
  if (Status status = CheckNoArguments("$createObjectId", operand); !status.ok()) return status;
  return ExpressionPtr(std::make_unique<CreateObjectId>());
}

Result<ExpressionPtr> ParseRand(bson::Value operand, Scope*, int) {
  if (Status status = CheckNoArguments("$rand", operand); !status.ok()) return status;
  return ExpressionPtr(std::make_unique<Rand>());
}

}  // namespace cairn::expression
