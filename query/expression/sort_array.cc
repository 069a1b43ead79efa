// SPDX-License-Identifier: Apache-2.0
// $sortArray: {input: array, sortBy: ±1 or {path: ±1, …}}.
#include <string>
#include <utility>
#include <vector>

#include "engine/base/try.h"
#include "query/expression/array_maker.h"
#include "query/expression/element_order.h"
#include "query/expression/named_call.h"
#include "query/expression/operators.h"

namespace cairn::expression {
namespace {

class SortArray : public Expression {
 public:
  SortArray(ExpressionPtr input, ElementOrder order)
      : input_(std::move(input)), order_(std::move(order)) {}

  Result<bson::Value> Evaluate(const Context& context) const override {
    CAIRN_TRY_ASSIGN(const bson::Value input, input_->Evaluate(context));
    if (input.IsNullish()) return Scratch::Null();
    if (input.type() != bson::Type::kArray) {
      return Status(ErrorCode::kLocation2942504, "$sortArray's input must be an array, but is " +
                                                     std::string(NameOfType(input)));
    }
    std::vector<bson::Value> values;
    for (const bson::Element& element : input.AsView()) values.push_back(element.value);
    CAIRN_TRY(order_.Sort(context.collator, &values));
    ArrayMaker made;
    for (const bson::Value value : values) CAIRN_TRY(made.Append(value));
    return made.Finish(context.scratch);
  }
  bool IsConstant() const override { return input_->IsConstant(); }
  void AddDependencies(Dependencies* dependencies) const override {
    input_->AddDependencies(dependencies);
  }

 private:
  const ExpressionPtr input_;
  const ElementOrder order_;
};

}  // namespace

Result<ExpressionPtr> ParseSortArray(bson::Value operand, Scope* scope, int depth) {
  static constexpr NamedField kArguments[] = {{"input", ErrorCode::kLocation2942502},
                                              {"sortBy", ErrorCode::kLocation2942503}};
  bson::Value values[2];
  CAIRN_TRY(ReadNamedFields(
      {"$sortArray", ErrorCode::kLocation2942500, ErrorCode::kLocation2942501, kArguments}, operand,
      values));
  CAIRN_TRY_ASSIGN(auto input, Parse(values[0], scope, depth + 1));
  CAIRN_TRY_ASSIGN(auto order, ElementOrder::Parse(values[1]));
  return ExpressionPtr(std::make_unique<SortArray>(std::move(input), std::move(order)));
}

}  // namespace cairn::expression
