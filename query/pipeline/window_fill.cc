// SPDX-License-Identifier: Apache-2.0
// $expMovingAvg, and the two functions that fill gaps: $locf (the last observation) and
// $linearFill (a straight line between its neighbours).
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "engine/bson/decimal_arithmetic.h"
#include "query/path/path.h"
#include "query/pipeline/set_path.h"
#include "query/pipeline/window.h"

namespace cairn::pipeline {
namespace {

class ExpMovingAvg final : public WindowFunction {
 public:
  ExpMovingAvg(RowExpression input, bson::Decimal128 alpha)
      : input_(std::move(input)), alpha_(alpha) {}
  Status Begin(const Partition* partition, RunContext* run) override {
    has_average_ = is_decimal_ = false;
    return WindowFunction::Begin(partition, run);
  }
  // Computed in decimals, so that the average forgets nothing by rounding.
  Status AppendFor(size_t row, std::string_view name, bson::Builder* out) override {
    CAIRN_TRY_ASSIGN(const bson::Value value, input_.Evaluate(document(row)));
    if (value.IsNumber()) {
      is_decimal_ = is_decimal_ || value.type() == bson::Type::kDecimal128;
      const bson::Decimal128 next = bson::ToDecimal(bson::Number::From(value));
      const auto one = bson::Decimal128::FromInt64(1);
      average_ = !has_average_
                     ? next
                     : bson::AddDecimals(
                           bson::MultiplyDecimals(next, alpha_),
                           bson::MultiplyDecimals(average_, bson::SubtractDecimals(one, alpha_)));
      has_average_ = true;
    }
    if (!has_average_) {
      out->AppendNull(name);
    } else if (is_decimal_) {
      out->AppendDecimal128(name, average_);
    } else {
      out->AppendDouble(name, bson::DecimalToNearestDouble(average_));
    }
    return Status::Ok();
  }

 private:
  RowExpression input_;
  const bson::Decimal128 alpha_;
  bson::Decimal128 average_;
  bool has_average_ = false;
  bool is_decimal_ = false;
};

class Locf final : public WindowFunction {
 public:
  explicit Locf(RowExpression input) : input_(std::move(input)) {}
  Status Begin(const Partition* partition, RunContext* run) override {
    last_ = bson::OwnedValue();
    return WindowFunction::Begin(partition, run);
  }
  Status AppendFor(size_t row, std::string_view name, bson::Builder* out) override {
    CAIRN_TRY_ASSIGN(const bson::Value value, input_.Evaluate(document(row)));
    if (!value.IsNullish()) last_ = bson::OwnedValue(value);
    out->Append(name, last_.missing() ? expression::Scratch::Null() : last_.value());
    return Status::Ok();
  }

 private:
  RowExpression input_;
  bson::OwnedValue last_;
};

class LinearFill final : public WindowFunction {
 public:
  LinearFill(RowExpression input, const path::FieldPath& sort)
      : input_(std::move(input)), sort_(sort) {}
  Status Begin(const Partition* partition, RunContext* run) override {
    has_left_ = false;
    right_ = 0;
    return WindowFunction::Begin(partition, run);
  }
  Status AppendFor(size_t row, std::string_view name, bson::Builder* out) override {
    CAIRN_TRY(CheckOrder(row));
    CAIRN_TRY_ASSIGN(const bson::Value value, Known(row));
    if (!value.IsNullish()) {
      left_ = row;
      has_left_ = true;
      out->Append(name, value);
      return Status::Ok();
    }
    if (has_left_) CAIRN_TRY(FindRight(row));
    if (!has_left_ || right_ == partition_->size()) {
      out->AppendNull(name);
      return Status::Ok();
    }
    CAIRN_TRY_ASSIGN(const bson::Number filled, Interpolate(row));
    filled.AppendTo(out, name);
    return Status::Ok();
  }

 private:
  Result<bson::Value> Known(size_t row) {
    CAIRN_TRY_ASSIGN(const bson::Value value, input_.Evaluate(document(row)));
    if (value.IsNullish() || value.IsNumber()) return value;
    return Status(ErrorCode::kTypeMismatch, "Value to be filled must be numeric or nullish");
  }
  Result<bson::Number> Place(size_t row) const {
    const bson::Value value = PlainValueAt(document(row), sort_);
    if (value.IsNumber()) return bson::Number::From(value);
    if (value.type() == bson::Type::kDate) return bson::Number::Int64(value.AsDateMs());
    return Status(ErrorCode::kTypeMismatch,
                  "There can be no values of the sortBy of $linearFill but numbers and dates");
  }
  Status CheckOrder(size_t row) const {
    if (row == 0 || !partition_->IsTied(row)) {
      return Status::Ok();
    }
    return Status(ErrorCode::kLocation6050106, "There can be no repeated values in the sort field");
  }
  Status FindRight(size_t row) {
    for (right_ = std::max(right_, row + 1); right_ < partition_->size(); ++right_) {
      CAIRN_TRY(run_->Tick());
      CAIRN_TRY_ASSIGN(const bson::Value value, Known(right_));
      if (!value.IsNullish()) break;
    }
    return Status::Ok();
  }
  Result<bson::Number> Interpolate(size_t row) {
    constexpr auto kDouble = bson::OnOverflow::kDouble;
    CAIRN_TRY_ASSIGN(const bson::Number x1, Place(left_));
    CAIRN_TRY_ASSIGN(const bson::Number x, Place(row));
    CAIRN_TRY_ASSIGN(const bson::Number x2, Place(right_));
    CAIRN_TRY_ASSIGN(const bson::Value left, Known(left_));
    const auto y1 = bson::Number::From(left);
    CAIRN_TRY_ASSIGN(const bson::Value right, Known(right_));
    const auto y2 = bson::Number::From(right);
    CAIRN_TRY_ASSIGN(const bson::Number rise, bson::Subtract(y2, y1, kDouble));
    CAIRN_TRY_ASSIGN(const bson::Number run, bson::Subtract(x2, x1, kDouble));
    CAIRN_TRY_ASSIGN(const bson::Number way, bson::Subtract(x, x1, kDouble));
    CAIRN_TRY_ASSIGN(const bson::Number part, bson::Multiply(Divide(rise, run), way, kDouble));
    return bson::Add(y1, part, kDouble);
  }

  RowExpression input_;
  const path::FieldPath sort_;
  bool has_left_ = false;
  size_t left_ = 0;   // The last row with a value.
  size_t right_ = 0;  // The next row with one, once it was looked for.
};

Status NoWindow(const WindowCall& call) {
  if (call.window.missing()) return Status::Ok();
  return Status(ErrorCode::kFailedToParse,
                std::string(call.name) + " does not accept a 'window' field");
}

Result<bson::Decimal128> ParseAlpha(bson::Value n, bson::Value alpha) {
  const auto bad = [](std::string_view why) {
    return Status(ErrorCode::kFailedToParse, "$expMovingAvg " + std::string(why));
  };
  if (n.missing() == alpha.missing()) return bad("sub object must have exactly one of N and alpha");
  if (!alpha.missing()) {
    if (!alpha.IsNumber()) return bad("'alpha' must be a number");
    const auto number = bson::Number::From(alpha);
    if (bson::Sign(number) <= 0 || bson::CompareNumbers(number, bson::Number::Int32(1)) >= 0) {
      return bad("'alpha' must be between 0 and 1 (exclusive)");
    }
    return bson::ToDecimal(number);
  }
  const auto count = n.IsNumber() ? bson::ToInt64Exact(bson::Number::From(n)) : std::nullopt;
  if (!count || *count <= 0) return bad("'N' must be an integer greater than 0");
  return bson::DivideDecimals(
      bson::Decimal128::FromInt64(2),
      bson::AddDecimals(bson::Decimal128::FromInt64(*count), bson::Decimal128::FromInt64(1)));
}

}  // namespace

Result<WindowFunctionPtr> ParseExpMovingAvg(const WindowCall& call) {
  CAIRN_TRY(NoWindow(call));
  if (call.argument.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kFailedToParse, "$expMovingAvg must have an object as its argument");
  }
  if (call.sort->empty()) {
    return Status(ErrorCode::kFailedToParse, "$expMovingAvg requires an explicit 'sortBy'");
  }
  bson::Value input, n, alpha;
  for (const bson::Element& field : call.argument.AsView()) {
    if (field.name == "input") {
      input = field.value;
    } else if (field.name == "N") {
      n = field.value;
    } else if (field.name == "alpha") {
      alpha = field.value;
    } else {
      return Status(ErrorCode::kFailedToParse,
                    "$expMovingAvg got an unexpected argument: " + std::string(field.name));
    }
  }
  if (input.missing()) {
    return Status(ErrorCode::kFailedToParse, "$expMovingAvg sub object must have 'input'");
  }
  CAIRN_TRY_ASSIGN(const bson::Decimal128 weight, ParseAlpha(n, alpha));
  CAIRN_TRY_ASSIGN(auto expression, RowExpression::Parse(input, call.globals));
  return WindowFunctionPtr(std::make_unique<ExpMovingAvg>(std::move(expression), weight));
}

Result<WindowFunctionPtr> ParseLocf(const WindowCall& call) {
  CAIRN_TRY(NoWindow(call));
  CAIRN_TRY_ASSIGN(auto expression, RowExpression::Parse(call.argument, call.globals));
  return WindowFunctionPtr(std::make_unique<Locf>(std::move(expression)));
}

Result<WindowFunctionPtr> ParseLinearFill(const WindowCall& call) {
  CAIRN_TRY(NoWindow(call));
  if (call.sort->fields().size() != 1) {
    return Status(ErrorCode::kLocation605001,
                  "$linearFill must be specified with a top level sortBy expression with exactly "
                  "one element");
  }
  CAIRN_TRY_ASSIGN(auto expression, RowExpression::Parse(call.argument, call.globals));
  return WindowFunctionPtr(
      std::make_unique<LinearFill>(std::move(expression), call.sort->fields()[0].path));
}

}  // namespace cairn::pipeline
