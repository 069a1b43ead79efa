// SPDX-License-Identifier: Apache-2.0
// Operators that define variables for a part of themselves: $let, $map, $filter and $reduce.
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/deadline.h"
#include "engine/base/try.h"
#include "engine/bson/truth.h"
#include "query/expression/array_maker.h"
#include "query/expression/named_call.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

Context With(const Context& context, const Binding* bindings) {
  Context inner = context;
  inner.bindings = bindings;
  return inner;
}

// Each round may evaluate much. All loops of a thread count their rounds together: a few short
// ones, each within the other, take as long as a long one.
struct Pace {
  static Status Step() {
    thread_local base::Pace<8> rounds;
    return rounds.Step();
  }
};

class Let : public Expression {
 public:
  Let(std::vector<ExpressionPtr> values, ExpressionPtr in)
      : values_(std::move(values)), in_(std::move(in)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    std::vector<Binding> bindings(values_.size());
    for (size_t i = 0; i < values_.size(); ++i) {
      CAIRN_TRY_ASSIGN(bindings[i].value, values_[i]->Evaluate(context));
      bindings[i].outer = i == 0 ? context.bindings : &bindings[i - 1];
    }
    return in_->Evaluate(With(context, bindings.empty() ? context.bindings : &bindings.back()));
  }
  void AddDependencies(Dependencies* dependencies) const override {
    AddDependenciesOf(values_, dependencies);
    in_->AddDependencies(dependencies);
  }

 private:
  const std::vector<ExpressionPtr> values_;
  const ExpressionPtr in_;
};

class Map : public Expression {
 public:
  Map(ExpressionPtr input, ExpressionPtr in) : input_(std::move(input)), in_(std::move(in)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    CAIRN_TRY_ASSIGN(const bson::Value input, input_->Evaluate(context));
    if (input.IsNullish()) return Scratch::Null();
    if (input.type() != bson::Type::kArray) {
      return Status(ErrorCode::kLocation16883,
                    "input to $map must be an array, not " + std::string(NameOfType(input)));
    }
    ArrayMaker made;
    for (const bson::Element& element : input.AsView()) {
      CAIRN_TRY(Pace::Step());
      const Binding binding{element.value, context.bindings};
      CAIRN_TRY_ASSIGN(const bson::Value value, in_->Evaluate(With(context, &binding)));
      CAIRN_TRY(made.Append(value));
    }
    return made.Finish(context.scratch);
  }
  void AddDependencies(Dependencies* dependencies) const override {
    input_->AddDependencies(dependencies);
    in_->AddDependencies(dependencies);
  }

 private:
  const ExpressionPtr input_;
  const ExpressionPtr in_;
};

class Filter : public Expression {
 public:
  Filter(ExpressionPtr input, ExpressionPtr limit, ExpressionPtr condition)
      : input_(std::move(input)), limit_(std::move(limit)), condition_(std::move(condition)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    CAIRN_TRY_ASSIGN(const bson::Value input, input_->Evaluate(context));
    if (input.IsNullish()) return Scratch::Null();
    if (input.type() != bson::Type::kArray) {
      return Status(ErrorCode::kLocation28651,
                    "input to $filter must be an array, not " + std::string(NameOfType(input)));
    }
    CAIRN_TRY_ASSIGN(std::optional<int32_t> left, Limit(context));
    ArrayMaker made;
    for (const bson::Element& element : input.AsView()) {
      CAIRN_TRY(Pace::Step());
      const Binding binding{element.value, context.bindings};
      CAIRN_TRY_ASSIGN(const bson::Value keeps, condition_->Evaluate(With(context, &binding)));
      if (!bson::IsTrue(keeps)) continue;
      CAIRN_TRY(made.Append(element.value));
      if (left && --*left == 0) break;
    }
    return made.Finish(context.scratch);
  }
  void AddDependencies(Dependencies* dependencies) const override {
    input_->AddDependencies(dependencies);
    if (limit_ != nullptr) limit_->AddDependencies(dependencies);
    condition_->AddDependencies(dependencies);
  }

 private:
  Result<std::optional<int32_t>> Limit(const Context& context) const {
    if (limit_ == nullptr) return std::optional<int32_t>();
    CAIRN_TRY_ASSIGN(const bson::Value limit, limit_->Evaluate(context));
    if (limit.IsNullish()) return std::optional<int32_t>();
    const auto count =
        limit.IsNumber() ? bson::ToInt32Exact(bson::Number::From(limit)) : std::optional<int32_t>();
    if (!count) {
      return Status(ErrorCode::kLocation327391, "$filter's limit must be a 32-bit integer, not " +
                                                    std::string(NameOfType(limit)));
    }
    if (*count <= 0) {
      return Status(ErrorCode::kLocation327392,
                    "$filter's limit must be greater than 0, not " + std::to_string(*count));
    }
    return count;
  }

  const ExpressionPtr input_;
  const ExpressionPtr limit_;  // May be null.
  const ExpressionPtr condition_;
};

class Reduce : public Expression {
 public:
  Reduce(ExpressionPtr input, ExpressionPtr initial, ExpressionPtr in)
      : input_(std::move(input)), initial_(std::move(initial)), in_(std::move(in)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    CAIRN_TRY_ASSIGN(const bson::Value input, input_->Evaluate(context));
    if (input.IsNullish()) return Scratch::Null();
    if (input.type() != bson::Type::kArray) {
      return Status(ErrorCode::kLocation40080,
                    "input to $reduce must be an array, not " + std::string(NameOfType(input)));
    }
    CAIRN_TRY_ASSIGN(bson::Value value, initial_->Evaluate(context));
    for (const bson::Element& element : input.AsView()) {
      CAIRN_TRY(Pace::Step());
      const Binding so_far{value, context.bindings};
      const Binding current{element.value, &so_far};
      CAIRN_TRY_ASSIGN(value, in_->Evaluate(With(context, &current)));
    }
    return value;
  }
  void AddDependencies(Dependencies* dependencies) const override {
    input_->AddDependencies(dependencies);
    initial_->AddDependencies(dependencies);
    in_->AddDependencies(dependencies);
  }

 private:
  const ExpressionPtr input_;
  const ExpressionPtr initial_;
  const ExpressionPtr in_;
};

// A name that an `as` may leave out; what is no string is no name either.
Result<std::string> NameOfElement(bson::Value as) {
  if (as.missing()) return std::string("this");
  const std::string name(as.type() == bson::Type::kString ? as.AsString() : std::string_view());
  CAIRN_TRY(CheckUserVariable(name));
  return name;
}

Result<ExpressionPtr> ParseWithin(bson::Value value, std::string_view variable, Scope* scope,
                                  int depth) {
  scope->Enter(variable);
  auto parsed = Parse(value, scope, depth + 1);
  scope->Leave();
  return parsed;
}

}  // namespace

Result<ExpressionPtr> ParseLet(bson::Value operand, Scope* scope, int depth) {
  static constexpr NamedField kArguments[] = {{"vars", ErrorCode::kLocation16876},
                                              {"in", ErrorCode::kLocation16877}};
  bson::Value values[2];
  CAIRN_TRY(ReadNamedFields(
      {"$let", ErrorCode::kLocation16874, ErrorCode::kLocation16875, kArguments}, operand, values));
  const bson::Value vars = values[0];
  if (vars.type() != bson::Type::kDocument && vars.type() != bson::Type::kArray) {
    return Status(ErrorCode::kLocation10065,
                  "$let's vars must be an object, not " + std::string(NameOfType(vars)));
  }
  std::vector<ExpressionPtr> parsed;
  for (const bson::Element& variable : vars.AsView()) {
    CAIRN_TRY(CheckUserVariable(variable.name));
    CAIRN_TRY_ASSIGN(auto value, Parse(variable.value, scope, depth + 1));
    parsed.push_back(std::move(value));
  }
  for (const bson::Element& variable : vars.AsView()) scope->Enter(variable.name);
  auto in = Parse(values[1], scope, depth + 1);
  scope->Leave(parsed.size());
  if (!in.ok()) return in;
  return ExpressionPtr(std::make_unique<Let>(std::move(parsed), std::move(in).value()));
}

Result<ExpressionPtr> ParseMap(bson::Value operand, Scope* scope, int depth) {
  static constexpr NamedField kArguments[] = {
      {"input", ErrorCode::kLocation16880}, {"as"}, {"in", ErrorCode::kLocation16882}};
  bson::Value values[3];
  CAIRN_TRY(ReadNamedFields(
      {"$map", ErrorCode::kLocation16878, ErrorCode::kLocation16879, kArguments}, operand, values));
  CAIRN_TRY_ASSIGN(auto input, Parse(values[0], scope, depth + 1));
  CAIRN_TRY_ASSIGN(const std::string name, NameOfElement(values[1]));
  CAIRN_TRY_ASSIGN(auto in, ParseWithin(values[2], name, scope, depth));
  return ExpressionPtr(std::make_unique<Map>(std::move(input), std::move(in)));
}

Result<ExpressionPtr> ParseFilter(bson::Value operand, Scope* scope, int depth) {
  static constexpr NamedField kArguments[] = {
      {"input", ErrorCode::kLocation28648}, {"as"}, {"cond", ErrorCode::kLocation28650}, {"limit"}};
  bson::Value values[4];
  CAIRN_TRY(
      ReadNamedFields({"$filter", ErrorCode::kLocation28646, ErrorCode::kLocation28647, kArguments},
                      operand, values));
  CAIRN_TRY_ASSIGN(auto input, Parse(values[0], scope, depth + 1));
  CAIRN_TRY_ASSIGN(const std::string name, NameOfElement(values[1]));
  CAIRN_TRY_ASSIGN(auto condition, ParseWithin(values[2], name, scope, depth));
  ExpressionPtr limit;
  if (!values[3].missing()) {
    CAIRN_TRY_ASSIGN(limit, Parse(values[3], scope, depth + 1));
  }
  return ExpressionPtr(
      std::make_unique<Filter>(std::move(input), std::move(limit), std::move(condition)));
}

Result<ExpressionPtr> ParseReduce(bson::Value operand, Scope* scope, int depth) {
  static constexpr NamedField kArguments[] = {{"input", ErrorCode::kLocation40077},
                                              {"initialValue", ErrorCode::kLocation40078},
                                              {"in", ErrorCode::kLocation40079}};
  bson::Value values[3];
  CAIRN_TRY(
      ReadNamedFields({"$reduce", ErrorCode::kLocation40075, ErrorCode::kLocation40076, kArguments},
                      operand, values));
  CAIRN_TRY_ASSIGN(auto input, Parse(values[0], scope, depth + 1));
  CAIRN_TRY_ASSIGN(auto initial, Parse(values[1], scope, depth + 1));
  scope->Enter("value");
  auto in = ParseWithin(values[2], "this", scope, depth);
  scope->Leave();
  if (!in.ok()) return in;
  return ExpressionPtr(
      std::make_unique<Reduce>(std::move(input), std::move(initial), std::move(in).value()));
}

}  // namespace cairn::expression
