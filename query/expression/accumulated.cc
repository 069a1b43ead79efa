// SPDX-License-Identifier: Apache-2.0
// Accumulators as expressions: over their arguments or, where there is one that gives an array,
// over its elements.
#include <string>
#include <utility>
#include <vector>

#include "engine/base/deadline.h"
#include "engine/base/try.h"
#include "query/accumulate/operators.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

Result<bson::Value> ResultOf(const accumulate::Accumulator& accumulator, Scratch* scratch) {
  bson::Builder builder;
  accumulator.AppendTo("", &builder);
  const bson::Document made = builder.Finish();
  const bson::Value value = made[""];
  return scratch->Copy(value.type(), {value.payload(), value.size()});
}

Status AddElements(bson::View array, accumulate::Accumulator* accumulator) {
  base::Pace<1024> pace;
  for (const bson::Element& element : array) {
    CAIRN_TRY(pace.Step());
    CAIRN_TRY(accumulator->Add(element.value));
  }
  return Status::Ok();
}

// $avg, $max, $min, $stdDevPop, $stdDevSamp, $sum; $median and $percentile with their `input`.
class OfArguments : public Expression {
 public:
  OfArguments(const accumulate::Operator* op, accumulate::Settings settings,
              std::vector<ExpressionPtr> arguments)
      : op_(op), settings_(std::move(settings)), arguments_(std::move(arguments)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    accumulate::Settings settings = settings_;
    settings.collator = context.collator;
    const accumulate::AccumulatorPtr accumulator = op_->make(settings);
    for (const ExpressionPtr& argument : arguments_) {
      CAIRN_TRY_ASSIGN(const bson::Value value, argument->Evaluate(context));
      if (arguments_.size() == 1 && value.type() == bson::Type::kArray) {
        CAIRN_TRY(AddElements(value.AsView(), accumulator.get()));
      } else {
        CAIRN_TRY(accumulator->Add(value));
      }
    }
    return ResultOf(*accumulator, context.scratch);
  }
  bool IsConstant() const override { return AllConstant(arguments_); }
  void AddDependencies(Dependencies* dependencies) const override {
    AddDependenciesOf(arguments_, dependencies);
  }

 private:
  const accumulate::Operator* const op_;
  const accumulate::Settings settings_;
  const std::vector<ExpressionPtr> arguments_;
};

// $firstN, $lastN, $maxN, $minN: {n, input}.
class Several : public Expression {
 public:
  Several(const accumulate::Operator* op, ExpressionPtr n, ExpressionPtr input)
      : op_(op), n_(std::move(n)), input_(std::move(input)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    CAIRN_TRY_ASSIGN(const bson::Value n, n_->Evaluate(context));
    accumulate::Settings settings;
    settings.collator = context.collator;
    CAIRN_TRY_ASSIGN(settings.n, accumulate::CheckN(n, accumulate::Place::kExpression));
    CAIRN_TRY_ASSIGN(const bson::Value input, input_->Evaluate(context));
    if (input.type() != bson::Type::kArray) {
      return Status(ErrorCode::kLocation5788200, std::string(op_->name) +
                                                     "'s input must be an array, but is " +
                                                     std::string(NameOfType(input)));
    }
    const accumulate::AccumulatorPtr accumulator = op_->make(settings);
    CAIRN_TRY(AddElements(input.AsView(), accumulator.get()));
    return ResultOf(*accumulator, context.scratch);
  }
  bool IsConstant() const override { return n_->IsConstant() && input_->IsConstant(); }
  void AddDependencies(Dependencies* dependencies) const override {
    n_->AddDependencies(dependencies);
    input_->AddDependencies(dependencies);
  }

 private:
  const accumulate::Operator* const op_;
  const ExpressionPtr n_;
  const ExpressionPtr input_;
};

Result<ExpressionPtr> ParseOfArguments(std::string_view name, bson::Value operand, Scope* scope,
                                       int depth) {
  CAIRN_TRY_ASSIGN(auto arguments, ParseArguments(operand, scope, depth));
  return ExpressionPtr(std::make_unique<OfArguments>(accumulate::FindOperator(name),
                                                     accumulate::Settings(), std::move(arguments)));
}

// The forms whose argument is a document.
Result<ExpressionPtr> ParseOfDocument(std::string_view name, bson::Value operand, Scope* scope,
                                      int depth) {
  bson::Builder builder;
  builder.Append(name, operand);
  const bson::Document element = builder.Finish();
  CAIRN_TRY_ASSIGN(const accumulate::Call call,
                   accumulate::ParseCall(*element.view().begin(), accumulate::Place::kExpression));
  CAIRN_TRY_ASSIGN(auto input, Parse(call.input, scope, depth + 1));
  if (call.op->form == accumulate::Form::kN) {
    CAIRN_TRY_ASSIGN(auto n, Parse(call.n, scope, depth + 1));
    return ExpressionPtr(std::make_unique<Several>(call.op, std::move(n), std::move(input)));
  }
  accumulate::Settings settings;
  settings.method = call.method;
  if (call.op->form == accumulate::Form::kPercentile) {
    CAIRN_TRY_ASSIGN(const auto p, Parse(call.p, scope, depth + 1));
    if (!p->IsConstant()) {
      return Status(ErrorCode::kLocation7750300, "$percentile's p must be constant");
    }
    Scratch scratch;
    CAIRN_TRY_ASSIGN(const bson::Value values, p->Evaluate(Context(bson::View(), &scratch)));
    CAIRN_TRY_ASSIGN(settings.p, accumulate::CheckP(values));
  }
  std::vector<ExpressionPtr> arguments;
  arguments.push_back(std::move(input));
  return ExpressionPtr(
      std::make_unique<OfArguments>(call.op, std::move(settings), std::move(arguments)));
}

}  // namespace

Result<ExpressionPtr> ParseAvg(bson::Value operand, Scope* scope, int depth) {
  return ParseOfArguments("$avg", operand, scope, depth);
}

Result<ExpressionPtr> ParseMax(bson::Value operand, Scope* scope, int depth) {
  return ParseOfArguments("$max", operand, scope, depth);
}

Result<ExpressionPtr> ParseMin(bson::Value operand, Scope* scope, int depth) {
  return ParseOfArguments("$min", operand, scope, depth);
}

Result<ExpressionPtr> ParseStdDevPop(bson::Value operand, Scope* scope, int depth) {
  return ParseOfArguments("$stdDevPop", operand, scope, depth);
}

Result<ExpressionPtr> ParseStdDevSamp(bson::Value operand, Scope* scope, int depth) {
  return ParseOfArguments("$stdDevSamp", operand, scope, depth);
}

Result<ExpressionPtr> ParseSum(bson::Value operand, Scope* scope, int depth) {
  return ParseOfArguments("$sum", operand, scope, depth);
}

Result<ExpressionPtr> ParseFirstN(bson::Value operand, Scope* scope, int depth) {
  return ParseOfDocument("$firstN", operand, scope, depth);
}

Result<ExpressionPtr> ParseLastN(bson::Value operand, Scope* scope, int depth) {
  return ParseOfDocument("$lastN", operand, scope, depth);
}

Result<ExpressionPtr> ParseMaxN(bson::Value operand, Scope* scope, int depth) {
  return ParseOfDocument("$maxN", operand, scope, depth);
}

Result<ExpressionPtr> ParseMinN(bson::Value operand, Scope* scope, int depth) {
  return ParseOfDocument("$minN", operand, scope, depth);
}

Result<ExpressionPtr> ParseMedian(bson::Value operand, Scope* scope, int depth) {
  return ParseOfDocument("$median", operand, scope, depth);
}

Result<ExpressionPtr> ParsePercentile(bson::Value operand, Scope* scope, int depth) {
  return ParseOfDocument("$percentile", operand, scope, depth);
}

}  // namespace cairn::expression
