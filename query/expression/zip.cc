// SPDX-License-Identifier: Apache-2.0
// $zip: {inputs: [array…], useLongestLength, defaults: [value…]}: arrays transposed.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/try.h"
#include "query/expression/array_maker.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

struct Arguments {
  std::vector<ExpressionPtr> inputs;
  std::vector<ExpressionPtr> defaults;
  bool longest = false;
};

class Zip : public Expression {
 public:
  explicit Zip(Arguments arguments) : arguments_(std::move(arguments)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    std::vector<std::vector<bson::Value>> columns;
    size_t rows = arguments_.longest ? 0 : std::numeric_limits<size_t>::max();
    for (const ExpressionPtr& input : arguments_.inputs) {
      CAIRN_TRY_ASSIGN(const bson::Value value, input->Evaluate(context));
      if (value.IsNullish()) return Scratch::Null();
      if (value.type() != bson::Type::kArray) {
        return Status(ErrorCode::kLocation34468,
                      "$zip found a non-array among its inputs: " + std::string(NameOfType(value)));
      }
      auto& column = columns.emplace_back();
      for (const bson::Element& element : value.AsView()) column.push_back(element.value);
      rows = arguments_.longest ? std::max(rows, column.size()) : std::min(rows, column.size());
    }
    std::vector<bson::Value> defaults(columns.size());
    for (size_t i = 0; i < arguments_.defaults.size(); ++i) {
      CAIRN_TRY_ASSIGN(defaults[i], arguments_.defaults[i]->Evaluate(context));
    }
    ArrayMaker made;
    for (size_t row = 0; row < rows; ++row) {
      ArrayMaker across;
      for (size_t i = 0; i < columns.size(); ++i) {
        CAIRN_TRY(across.Append(row < columns[i].size() ? columns[i][row] : defaults[i]));
      }
      CAIRN_TRY_ASSIGN(const bson::Value finished, across.Finish(context.scratch));
      CAIRN_TRY(made.Append(finished));
    }
    return made.Finish(context.scratch);
  }
  bool IsConstant() const override {
    return AllConstant(arguments_.inputs) && AllConstant(arguments_.defaults);
  }
  void AddDependencies(Dependencies* dependencies) const override {
    AddDependenciesOf(arguments_.inputs, dependencies);
    AddDependenciesOf(arguments_.defaults, dependencies);
  }

 private:
  const Arguments arguments_;
};

Status ParseField(const bson::Element& field, Scope* scope, int depth, Arguments* arguments) {
  const bool inputs = field.name == "inputs";
  if (inputs || field.name == "defaults") {
    if (field.value.type() != bson::Type::kArray) {
      return Status(inputs ? ErrorCode::kLocation34461 : ErrorCode::kLocation34462,
                    "$zip's " + std::string(field.name) + " must be an array of expressions, not " +
                        std::string(NameOfType(field.value)));
    }
    CAIRN_TRY_ASSIGN((inputs ? arguments->inputs : arguments->defaults),
                     ParseArguments(field.value, scope, depth));
    return Status::Ok();
  }
  if (field.name != "useLongestLength") {
    return Status(ErrorCode::kLocation34464,
                  "$zip found an unknown argument: " + std::string(field.name));
  }
  if (field.value.type() != bson::Type::kBool) {
    return Status(ErrorCode::kLocation34463, "$zip's useLongestLength must be a bool, not " +
                                                 std::string(NameOfType(field.value)));
  }
  arguments->longest = field.value.AsBool();
  return Status::Ok();
}

}  // namespace

Result<ExpressionPtr> ParseZip(bson::Value operand, Scope* scope, int depth) {
  if (operand.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation34460, "$zip requires an object as an argument, found: " +
                                                 std::string(NameOfType(operand)));
  }
  Arguments arguments;
  for (const bson::Element& field : operand.AsView()) {
    CAIRN_TRY(ParseField(field, scope, depth, &arguments));
  }
  if (arguments.inputs.empty()) {
    return Status(ErrorCode::kLocation34465, "$zip requires at least one input array");
  }
  if (!arguments.defaults.empty() && !arguments.longest) {
    return Status(ErrorCode::kLocation34466, "$zip's defaults need useLongestLength: true");
  }
  if (!arguments.defaults.empty() && arguments.defaults.size() != arguments.inputs.size()) {
    return Status(ErrorCode::kLocation34467, "$zip's defaults must have the length of its inputs");
  }
  return ExpressionPtr(std::make_unique<Zip>(std::move(arguments)));
}

}  // namespace cairn::expression
