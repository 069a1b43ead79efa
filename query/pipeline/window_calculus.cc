// SPDX-License-Identifier: Apache-2.0
// $derivative: the slope between the first and the last document of a window. $integral: the area
// below a window's documents, by trapezoids. Over dates both need a unit, of at most a week.
#include <optional>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/accumulate/exact_sum.h"
#include "query/path/path.h"
#include "query/pipeline/set_path.h"
#include "query/pipeline/window.h"

namespace cairn::pipeline {
namespace {

constexpr auto kDouble = bson::OnOverflow::kDouble;

// What both share: the value and the place of a row.
class Calculus : public WindowFunction {
 public:
  Calculus(std::string name, RowExpression input, std::optional<expression::DateUnit> unit,
           WindowRows rows, const path::FieldPath& sort)
      : name_(std::move(name)),
        input_(std::move(input)),
        unit_(unit),
        rows_(std::move(rows)),
        sort_(sort) {}
  Status Begin(const Partition* partition, RunContext* run) override {
    rows_.Begin();
    return WindowFunction::Begin(partition, run);
  }

 protected:
  // Null for what is null.
  Result<std::optional<bson::Number>> Input(size_t row) {
    CAIRN_TRY_ASSIGN(const bson::Value value, input_.Evaluate(document(row)));
    if (value.IsNullish()) return std::optional<bson::Number>();
    if (value.IsNumber()) return std::optional<bson::Number>(bson::Number::From(value));
    return Status(ErrorCode::kLocation5423900, "The input value of the " + name_ +
                                                   " window function must be a numeric, got " +
                                                   std::string(bson::TypeName(value.type())));
  }
  Result<bson::Number> Place(size_t row) const {
    const bson::Value value = PlainValueAt(document(row), sort_);
    if (unit_ && value.type() == bson::Type::kDate) {
      return bson::Number::Int64(value.AsDateMs());
    }
    if (!unit_ && value.IsNumber()) return bson::Number::From(value);
    return Status(unit_ ? ErrorCode::kLocation5423901 : ErrorCode::kLocation5423902,
                  name_ + (unit_ ? " with unit expects the sortBy field to be a Date"
                                 : " (with no 'unit') expects the sortBy field to be numeric"));
  }
  // The way between two rows, in units.
  Result<bson::Number> Way(size_t from, size_t to) const {
    CAIRN_TRY_ASSIGN(const bson::Number a, Place(from));
    CAIRN_TRY_ASSIGN(const bson::Number b, Place(to));
    CAIRN_TRY_ASSIGN(const bson::Number way, bson::Subtract(b, a, kDouble));
    if (!unit_) return way;
    return Divide(way, bson::Number::Int64(expression::MsPerUnit(*unit_)));
  }

  const std::string name_;
  RowExpression input_;
  const std::optional<expression::DateUnit> unit_;
  WindowRows rows_;
  const path::FieldPath sort_;
};

class Derivative final : public Calculus {
 public:
  using Calculus::Calculus;
  Status AppendFor(size_t row, std::string_view name, bson::Builder* out) override {
    CAIRN_TRY_ASSIGN(const Rows rows, rows_.Of(*partition_, row, run_));
    if (rows.empty() || rows.begin + 1 == rows.end) {
      out->AppendNull(name);
      return Status::Ok();
    }
    CAIRN_TRY_ASSIGN(const auto first, Input(rows.begin));
    CAIRN_TRY_ASSIGN(const auto last, Input(rows.end - 1));
    CAIRN_TRY_ASSIGN(const bson::Number way, Way(rows.begin, rows.end - 1));
    if (!first || !last || bson::Sign(way) == 0) {
      out->AppendNull(name);
      return Status::Ok();
    }
    CAIRN_TRY_ASSIGN(const bson::Number rise, bson::Subtract(*last, *first, kDouble));
    Divide(rise, way).AppendTo(out, name);
    return Status::Ok();
  }
};

class Integral final : public Calculus {
 public:
  using Calculus::Calculus;
  // A window that only grows is summed up as it goes.
  Status AppendFor(size_t row, std::string_view name, bson::Builder* out) override {
    CAIRN_TRY_ASSIGN(const Rows rows, rows_.Of(*partition_, row, run_));
    if (row == 0 || rows.begin != summed_.begin || rows.end < summed_.end) {
      sum_ = accumulate::ExactSum();
      sum_.Add(bson::Number::Double(0));
      summed_ = {rows.begin, rows.begin};
    }
    for (; summed_.end < rows.end; ++summed_.end) {
      CAIRN_TRY(run_->Tick());
      CAIRN_TRY(Input(summed_.end).status());
      CAIRN_TRY(Place(summed_.end).status());
      if (summed_.end > summed_.begin) CAIRN_TRY(Trapezoid(summed_.end));
    }
    if (rows.empty()) {
      out->AppendNull(name);
    } else {
      sum_.Sum().AppendTo(out, name);
    }
    return Status::Ok();
  }

 private:
  // Between `row` and the one before it.
  Status Trapezoid(size_t row) {
    CAIRN_TRY_ASSIGN(const auto left, Input(row - 1));
    CAIRN_TRY_ASSIGN(const auto right, Input(row));
    if (!left || !right) return Status::Ok();
    CAIRN_TRY_ASSIGN(const bson::Number way, Way(row - 1, row));
    CAIRN_TRY_ASSIGN(const bson::Number sides, bson::Add(*left, *right, kDouble));
    CAIRN_TRY_ASSIGN(const bson::Number area, bson::Multiply(way, sides, kDouble));
    sum_.Add(Divide(area, bson::Number::Int32(2)));
    return Status::Ok();
  }

  accumulate::ExactSum sum_;
  Rows summed_;
};

template <typename Function>
Result<WindowFunctionPtr> Parse(const WindowCall& call) {
  const std::string name(call.name);
  const auto bad = [&name](std::string_view why) {
    return Status(ErrorCode::kFailedToParse, name + " " + std::string(why));
  };
  if (call.argument.type() != bson::Type::kDocument) return bad("expects an object");
  if (call.sort->fields().size() != 1) return bad("requires a sortBy with exactly one field");
  bson::Value input;
  std::optional<expression::DateUnit> unit;
  for (const bson::Element& field : call.argument.AsView()) {
    if (field.name == "input") {
      input = field.value;
    } else if (field.name == "unit") {
      if (field.value.type() != bson::Type::kString) return bad("'unit' must be a string");
      CAIRN_TRY_ASSIGN(unit, expression::ParseDateUnit(name, field.value));
      if (expression::MsPerUnit(*unit) == 0) {
        return Status(ErrorCode::kLocation5490704, "unit must be 'week' or smaller");
      }
    } else {
      return bad("got an unexpected argument: " + std::string(field.name));
    }
  }
  if (input.missing()) return bad("requires an 'input' expression");
  if (call.window.missing() && name == "$derivative") {
    return bad("requires explicit window bounds");
  }
  CAIRN_TRY_ASSIGN(auto bounds, WindowBounds::Parse(call));
  CAIRN_TRY_ASSIGN(auto expression, RowExpression::Parse(input, call.globals));
  return WindowFunctionPtr(std::make_unique<Function>(name, std::move(expression), unit,
                                                      WindowRows(std::move(bounds), call.sort),
                                                      call.sort->fields()[0].path));
}

}  // namespace

Result<WindowFunctionPtr> ParseDerivative(const WindowCall& call) {
  return Parse<Derivative>(call);
}
Result<WindowFunctionPtr> ParseIntegral(const WindowCall& call) { return Parse<Integral>(call); }

}  // namespace cairn::pipeline
