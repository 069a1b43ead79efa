// SPDX-License-Identifier: Apache-2.0
#include "query/expression/named_call.h"

#include <algorithm>
#include <string>

#include "engine/base/try.h"

namespace cairn::expression {
namespace {

class NamedCall : public Expression {
 public:
  NamedCall(NamedFunction function, std::vector<ExpressionPtr> arguments)
      : function_(function), arguments_(std::move(arguments)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    return function_(arguments_, context);
  }
  bool IsConstant() const override { return arguments_.AllConstant(); }
  void AddDependencies(Dependencies* dependencies) const override {
    arguments_.AddDependencies(dependencies);
  }

 private:
  const NamedFunction function_;
  const NamedArguments arguments_;
};

}  // namespace

bson::Value NamedArguments::Constant(size_t i) const {
  if (!Has(i) || !parts_[i]->IsConstant()) return bson::Value();
  // What is constant was folded: evaluating it needs nothing and cannot fail.
  Scratch scratch;
  const Context context(bson::View(), &scratch);
  const auto value = parts_[i]->Evaluate(context);
  return value.ok() ? value.value() : bson::Value();
}

bool NamedArguments::AllConstant() const {
  return std::ranges::all_of(
      parts_, [](const ExpressionPtr& part) { return part == nullptr || part->IsConstant(); });
}

void NamedArguments::AddDependencies(Dependencies* dependencies) const {
  for (const ExpressionPtr& part : parts_) {
    if (part != nullptr) part->AddDependencies(dependencies);
  }
}

Status ReadNamedFields(const NamedFields& fields, bson::Value operand, bson::Value* values) {
  const std::string name(fields.operator_name);
  if (operand.type() != bson::Type::kDocument) {
    return Status(fields.not_a_document, name + " requires an object as an argument, found: " +
                                             std::string(bson::TypeName(operand.type())));
  }
  for (const bson::Element& field : operand.AsView()) {
    const auto known = std::ranges::find(fields.fields, field.name, &NamedField::name);
    if (known == fields.fields.end()) {
      return Status(fields.unknown_field,
                    "Unrecognized argument to " + name + ": " + std::string(field.name));
    }
    values[known - fields.fields.begin()] = field.value;
  }
  for (size_t i = 0; i < fields.fields.size(); ++i) {
    if (!values[i].missing() || fields.fields[i].missing == ErrorCode::kOk) continue;
    return Status(fields.fields[i].missing,
                  "Missing '" + std::string(fields.fields[i].name) + "' parameter to " + name);
  }
  return Status::Ok();
}

Result<std::vector<ExpressionPtr>> ParseNamedFields(const NamedFields& fields, bson::Value operand,
                                                    Scope* scope, int depth) {
  std::vector<bson::Value> values(fields.fields.size());
  CAIRN_TRY(ReadNamedFields(fields, operand, values.data()));
  std::vector<ExpressionPtr> parts(values.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    if (values[i].missing()) continue;
    CAIRN_TRY_ASSIGN(parts[i], Parse(values[i], scope, depth + 1));
  }
  return parts;
}

Result<ExpressionPtr> ParseNamedCall(const NamedFields& fields, NamedFunction function,
                                     bson::Value operand, Scope* scope, int depth) {
  CAIRN_TRY_ASSIGN(auto parts, ParseNamedFields(fields, operand, scope, depth));
  return MakeNamedCall(function, std::move(parts));
}

ExpressionPtr MakeNamedCall(NamedFunction function, std::vector<ExpressionPtr> arguments) {
  return std::make_unique<NamedCall>(function, std::move(arguments));
}

}  // namespace cairn::expression
