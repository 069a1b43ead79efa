// SPDX-License-Identifier: Apache-2.0
// Operators that evaluate only what they need: $and, $or, $cond, $ifNull, $switch; and $literal.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/try.h"
#include "engine/bson/truth.h"
#include "query/expression/named_call.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

// $and, $or.
class Junction : public Expression {
 public:
  Junction(bool all, std::vector<ExpressionPtr> arguments)
      : all_(all), arguments_(std::move(arguments)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    for (const ExpressionPtr& argument : arguments_) {
      CAIRN_TRY_ASSIGN(const bson::Value value, argument->Evaluate(context));
      if (bson::IsTrue(value) != all_) return Scratch::Bool(!all_);
    }
    return Scratch::Bool(all_);
  }
  bool IsConstant() const override { return AllConstant(arguments_); }
  void AddDependencies(Dependencies* dependencies) const override {
    AddDependenciesOf(arguments_, dependencies);
  }

 private:
  const bool all_;
  const std::vector<ExpressionPtr> arguments_;
};

class Cond : public Expression {
 public:
  Cond(ExpressionPtr condition, ExpressionPtr then, ExpressionPtr otherwise)
      : condition_(std::move(condition)),
        then_(std::move(then)),
        otherwise_(std::move(otherwise)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    CAIRN_TRY_ASSIGN(const bson::Value condition, condition_->Evaluate(context));
    return (bson::IsTrue(condition) ? then_ : otherwise_)->Evaluate(context);
  }
  bool IsConstant() const override {
    return condition_->IsConstant() && then_->IsConstant() && otherwise_->IsConstant();
  }
  void AddDependencies(Dependencies* dependencies) const override {
    condition_->AddDependencies(dependencies);
    then_->AddDependencies(dependencies);
    otherwise_->AddDependencies(dependencies);
  }

 private:
  const ExpressionPtr condition_;
  const ExpressionPtr then_;
  const ExpressionPtr otherwise_;
};

class IfNull : public Expression {
 public:
  explicit IfNull(std::vector<ExpressionPtr> arguments) : arguments_(std::move(arguments)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    for (size_t i = 0; i + 1 < arguments_.size(); ++i) {
      CAIRN_TRY_ASSIGN(const bson::Value value, arguments_[i]->Evaluate(context));
      if (!value.IsNullish()) return value;
    }
    return arguments_.back()->Evaluate(context);
  }
  bool IsConstant() const override { return AllConstant(arguments_); }
  void AddDependencies(Dependencies* dependencies) const override {
    AddDependenciesOf(arguments_, dependencies);
  }

 private:
  const std::vector<ExpressionPtr> arguments_;
};

struct Branch {
  ExpressionPtr condition;
  ExpressionPtr then;
};

class Switch : public Expression {
 public:
  Switch(std::vector<Branch> branches, ExpressionPtr otherwise)
      : branches_(std::move(branches)), otherwise_(std::move(otherwise)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    for (const Branch& branch : branches_) {
      CAIRN_TRY_ASSIGN(const bson::Value condition, branch.condition->Evaluate(context));
      if (bson::IsTrue(condition)) return branch.then->Evaluate(context);
    }
    if (otherwise_ != nullptr) return otherwise_->Evaluate(context);
    return Status(ErrorCode::kLocation40066,
                  "$switch could not find a matching branch for an input, and no default was "
                  "specified");
  }
  bool IsConstant() const override {
    return (otherwise_ == nullptr || otherwise_->IsConstant()) &&
           std::ranges::all_of(branches_, [](const Branch& branch) {
             return branch.condition->IsConstant() && branch.then->IsConstant();
           });
  }
  void AddDependencies(Dependencies* dependencies) const override {
    for (const Branch& branch : branches_) {
      branch.condition->AddDependencies(dependencies);
      branch.then->AddDependencies(dependencies);
    }
    if (otherwise_ != nullptr) otherwise_->AddDependencies(dependencies);
  }

 private:
  const std::vector<Branch> branches_;
  const ExpressionPtr otherwise_;  // May be null.
};

// A part that is only reached where `reached`; elsewhere it is checked, but not evaluated.
Result<ExpressionPtr> ParseIf(bool reached, bson::Value value, Scope* scope, int depth) {
  const bool folds = scope->folds();
  scope->set_folds(folds && reached);
  auto parsed = Parse(value, scope, depth);
  scope->set_folds(folds);
  return parsed;
}

// Whether a condition is known while parsing: true, false or not yet.
std::optional<bool> KnownTruth(const Expression& condition, const Scope& scope) {
  if (!scope.folds() || !condition.IsConstant()) return std::nullopt;
  Scratch scratch;
  const auto value = condition.Evaluate(Context(bson::View(), &scratch));
  if (!value.ok()) return std::nullopt;
  return bson::IsTrue(*value);
}

// `reached` becomes false behind a case that is always true.
Result<Branch> ParseBranch(bson::Value value, bool* reached, Scope* scope, int depth) {
  static constexpr NamedField kArguments[] = {{"case", ErrorCode::kLocation40064},
                                              {"then", ErrorCode::kLocation40065}};
  bson::Value values[2];
  CAIRN_TRY(ReadNamedFields(
      {"a branch of $switch", ErrorCode::kLocation40062, ErrorCode::kLocation40063, kArguments},
      value, values));
  Branch branch;
  CAIRN_TRY_ASSIGN(branch.condition, ParseIf(*reached, values[0], scope, depth + 1));
  const auto truth = KnownTruth(*branch.condition, *scope);
  CAIRN_TRY_ASSIGN(branch.then,
                   ParseIf(*reached && truth.value_or(true), values[1], scope, depth + 1));
  if (truth.value_or(false)) *reached = false;
  return branch;
}

Result<ExpressionPtr> ParseJunction(bool all, bson::Value operand, Scope* scope, int depth) {
  std::vector<ExpressionPtr> arguments;
  bool reached = true;
  const auto add = [&](bson::Value value) -> Status {
    CAIRN_TRY_ASSIGN(auto argument, ParseIf(reached, value, scope, depth + 1));
    const auto truth = KnownTruth(*argument, *scope);
    if (reached && truth && *truth != all) reached = false;
    arguments.push_back(std::move(argument));
    return Status::Ok();
  };
  if (operand.type() == bson::Type::kArray) {
    for (const bson::Element& element : operand.AsView()) CAIRN_TRY(add(element.value));
  } else {
    CAIRN_TRY(add(operand));
  }
  // As in MongoDB, a constant that decides does so wherever it stands.
  if (!reached) return MakeConstant(Scratch::Bool(!all));
  return ExpressionPtr(std::make_unique<Junction>(all, std::move(arguments)));
}

}  // namespace

Result<ExpressionPtr> ParseAnd(bson::Value operand, Scope* scope, int depth) {
  return ParseJunction(true, operand, scope, depth);
}

Result<ExpressionPtr> ParseOr(bson::Value operand, Scope* scope, int depth) {
  return ParseJunction(false, operand, scope, depth);
}

Result<ExpressionPtr> ParseCond(bson::Value operand, Scope* scope, int depth) {
  bson::Value values[3];
  if (operand.type() == bson::Type::kDocument) {
    static constexpr NamedField kArguments[] = {{"if", ErrorCode::kLocation17080},
                                                {"then", ErrorCode::kLocation17081},
                                                {"else", ErrorCode::kLocation17082}};
    CAIRN_TRY(
        ReadNamedFields({"$cond", ErrorCode::kLocation17083, ErrorCode::kLocation17083, kArguments},
                        operand, values));
  } else {
    size_t count = 1;
    if (operand.type() == bson::Type::kArray) {
      count = 0;
      for (const bson::Element& element : operand.AsView()) {
        if (count < 3) values[count] = element.value;
        ++count;
      }
    }
    CAIRN_TRY(CheckCount("$cond", count, 3, 3));
  }
  CAIRN_TRY_ASSIGN(auto condition, Parse(values[0], scope, depth + 1));
  const auto truth = KnownTruth(*condition, *scope);
  CAIRN_TRY_ASSIGN(auto then, ParseIf(truth.value_or(true), values[1], scope, depth + 1));
  CAIRN_TRY_ASSIGN(auto otherwise, ParseIf(!truth.value_or(false), values[2], scope, depth + 1));
  return ExpressionPtr(
      std::make_unique<Cond>(std::move(condition), std::move(then), std::move(otherwise)));
}

Result<ExpressionPtr> ParseIfNull(bson::Value operand, Scope* scope, int depth) {
  CAIRN_TRY_ASSIGN(auto arguments, ParseArguments(operand, scope, depth));
  if (arguments.size() < 2) {
    return Status(ErrorCode::kLocation1257300,
                  "$ifNull needs at least two arguments, had: " + std::to_string(arguments.size()));
  }
  return ExpressionPtr(std::make_unique<IfNull>(std::move(arguments)));
}

Result<ExpressionPtr> ParseSwitch(bson::Value operand, Scope* scope, int depth) {
  static constexpr NamedField kArguments[] = {{"branches", ErrorCode::kLocation40068}, {"default"}};
  bson::Value values[2];
  CAIRN_TRY(
      ReadNamedFields({"$switch", ErrorCode::kLocation40060, ErrorCode::kLocation40067, kArguments},
                      operand, values));
  if (values[0].type() != bson::Type::kArray) {
    return Status(ErrorCode::kLocation40061,
                  "$switch's branches must be an array, not " + std::string(NameOfType(values[0])));
  }
  std::vector<Branch> branches;
  bool reached = true;
  for (const bson::Element& element : values[0].AsView()) {
    CAIRN_TRY_ASSIGN(auto branch, ParseBranch(element.value, &reached, scope, depth + 1));
    branches.push_back(std::move(branch));
  }
  ExpressionPtr otherwise;
  if (!values[1].missing()) {
    CAIRN_TRY_ASSIGN(otherwise, ParseIf(reached, values[1], scope, depth + 1));
  }
  if (branches.empty()) {
    return Status(ErrorCode::kLocation40068, "$switch requires at least one branch");
  }
  return ExpressionPtr(std::make_unique<Switch>(std::move(branches), std::move(otherwise)));
}

Result<ExpressionPtr> ParseLiteral(bson::Value operand, Scope*, int) {
  return MakeConstant(operand);
}

}  // namespace cairn::expression
