// SPDX-License-Identifier: Apache-2.0
// $covariancePop and $covarianceSamp of two expressions, $minMaxScaler of one, over a window.
// Covariances are computed online: B. P. Welford, "Note on a method for calculating corrected sums
// of squares and products", 1962.
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/accumulate/exact_sum.h"
#include "query/pipeline/window.h"

namespace cairn::pipeline {
namespace {

constexpr auto kDouble = bson::OnOverflow::kDouble;

bool IsFinite(bson::Number number) {
  if (number.type() == bson::Type::kDouble) return std::isfinite(number.real());
  if (number.type() != bson::Type::kDecimal128) return true;
  return !number.decimal().IsNaN() && !number.decimal().IsInfinite();
}

// Pairs of numbers; others are passed over.
class Covariance {
 public:
  Status Add(bson::Number x, bson::Number y) {
    if (!IsFinite(x) || !IsFinite(y)) {
      for (const bson::Number& number : {x, y}) {
        if (IsFinite(number)) continue;
        special_ += bson::ToDouble(number);
        has_special_ = true;
      }
      return Status::Ok();
    }
    ++count_;
    sum_y_.Add(y);
    if (count_ > 1) {
      CAIRN_TRY_ASSIGN(const bson::Number from_x,
                       bson::Subtract(x, sum_x_.Average(count_ - 1), kDouble));
      CAIRN_TRY_ASSIGN(const bson::Number from_y,
                       bson::Subtract(y, sum_y_.Average(count_), kDouble));
      CAIRN_TRY_ASSIGN(const bson::Number product, bson::Multiply(from_x, from_y, kDouble));
      products_.Add(product);
    }
    sum_x_.Add(x);
    return Status::Ok();
  }

  void AppendTo(bool sample, std::string_view name, bson::Builder* out) const {
    const int64_t divisor = sample ? count_ - 1 : count_;
    if (divisor <= 0) {
      out->AppendNull(name);
    } else if (count_ == 1) {
      out->AppendDouble(name, 0);
    } else if (has_special_) {
      out->AppendDouble(name, special_);
    } else {
      // As a double: that decides how many digits a decimal result shows.
      Divide(products_.Sum(), bson::Number::Double(static_cast<double>(divisor)))
          .AppendTo(out, name);
    }
  }

 private:
  int64_t count_ = 0;  // Of finite pairs.
  accumulate::ExactSum sum_x_;
  accumulate::ExactSum sum_y_;
  accumulate::ExactSum products_;  // Of the distances from the means.
  double special_ = 0;             // The sum of infinities and NaN.
  bool has_special_ = false;
};

class CovarianceFunction final : public WindowFunction {
 public:
  CovarianceFunction(bool sample, RowExpression x, RowExpression y, WindowRows rows)
      : sample_(sample), x_(std::move(x)), y_(std::move(y)), rows_(std::move(rows)) {}
  Status Begin(const Partition* partition, RunContext* run) override {
    rows_.Begin();
    return WindowFunction::Begin(partition, run);
  }
  Status AppendFor(size_t row, std::string_view name, bson::Builder* out) override {
    CAIRN_TRY_ASSIGN(const Rows rows, rows_.Of(*partition_, row, run_));
    if (row == 0 || rows.begin != added_.begin || rows.end < added_.end) {
      covariance_ = Covariance();
      added_ = {rows.begin, rows.begin};
    }
    for (; added_.end < rows.end; ++added_.end) {
      CAIRN_TRY(run_->Tick());
      CAIRN_TRY_ASSIGN(const bson::Value x, x_.Evaluate(document(added_.end)));
      CAIRN_TRY_ASSIGN(const bson::Value y, y_.Evaluate(document(added_.end)));
      if (!x.IsNumber() || !y.IsNumber()) continue;
      CAIRN_TRY(covariance_.Add(bson::Number::From(x), bson::Number::From(y)));
    }
    covariance_.AppendTo(sample_, name, out);
    return Status::Ok();
  }

 private:
  const bool sample_;
  RowExpression x_;
  RowExpression y_;
  WindowRows rows_;
  Covariance covariance_;
  Rows added_;  // What covariance_ knows.
};

Result<WindowFunctionPtr> ParseCovariance(const WindowCall& call, bool sample) {
  const bool is_pair = call.argument.type() == bson::Type::kArray &&
                       !call.argument.AsView()["1"].missing() &&
                       call.argument.AsView()["2"].missing();
  if (!is_pair) {
    return Status(ErrorCode::kFailedToParse,
                  std::string(call.name) + " expects an array of two expressions");
  }
  CAIRN_TRY_ASSIGN(auto bounds, WindowBounds::Parse(call));
  CAIRN_TRY_ASSIGN(auto x, RowExpression::Parse(call.argument.AsView()["0"], call.globals));
  CAIRN_TRY_ASSIGN(auto y, RowExpression::Parse(call.argument.AsView()["1"], call.globals));
  return WindowFunctionPtr(std::make_unique<CovarianceFunction>(
      sample, std::move(x), std::move(y), WindowRows(std::move(bounds), call.sort)));
}

class MinMaxScaler final : public WindowFunction {
 public:
  MinMaxScaler(RowExpression input, bson::Number min, bson::Number max, WindowRows rows)
      : input_(std::move(input)), min_(min), max_(max), rows_(std::move(rows)) {}
  Status Begin(const Partition* partition, RunContext* run) override {
    rows_.Begin();
    return WindowFunction::Begin(partition, run);
  }
  Status AppendFor(size_t row, std::string_view name, bson::Builder* out) override {
    CAIRN_TRY_ASSIGN(const Rows rows, rows_.Of(*partition_, row, run_));
    if (row == 0 || rows.begin != seen_.begin || rows.end < seen_.end) {
      seen_ = {rows.begin, rows.begin};
      has_extremes_ = false;
    }
    for (; seen_.end < rows.end; ++seen_.end) {
      CAIRN_TRY(run_->Tick());
      CAIRN_TRY_ASSIGN(const bson::Number number, Input(seen_.end));
      if (!has_extremes_ || bson::CompareNumbers(number, least_) < 0) least_ = number;
      if (!has_extremes_ || bson::CompareNumbers(number, greatest_) > 0) greatest_ = number;
      has_extremes_ = true;
    }
    if (!has_extremes_) {
      out->AppendNull(name);
      return Status::Ok();
    }
    CAIRN_TRY_ASSIGN(const bson::Number scaled, Scaled(row));
    scaled.AppendTo(out, name);
    return Status::Ok();
  }

 private:
  Result<bson::Number> Input(size_t row) {
    CAIRN_TRY_ASSIGN(const bson::Value value, input_.Evaluate(document(row)));
    if (value.IsNumber()) return bson::Number::From(value);
    return Status(ErrorCode::kLocation10487001, "$minMaxScaler: the input must be numeric, got " +
                                                    std::string(bson::TypeName(value.type())));
  }
  Result<bson::Number> Scaled(size_t row) {
    CAIRN_TRY_ASSIGN(const bson::Number number, Input(row));
    CAIRN_TRY_ASSIGN(const bson::Number spread, bson::Subtract(greatest_, least_, kDouble));
    if (bson::Sign(spread) == 0) return min_;
    CAIRN_TRY_ASSIGN(const bson::Number way, bson::Subtract(number, least_, kDouble));
    CAIRN_TRY_ASSIGN(const bson::Number range, bson::Subtract(max_, min_, kDouble));
    CAIRN_TRY_ASSIGN(const bson::Number part, bson::Multiply(Divide(way, spread), range, kDouble));
    return bson::Add(part, min_, kDouble);
  }

  RowExpression input_;
  const bson::Number min_;
  const bson::Number max_;
  WindowRows rows_;
  Rows seen_;  // What the extremes are of.
  bool has_extremes_ = false;
  bson::Number least_;
  bson::Number greatest_;
};

}  // namespace

Result<WindowFunctionPtr> ParseCovariancePop(const WindowCall& call) {
  return ParseCovariance(call, false);
}
Result<WindowFunctionPtr> ParseCovarianceSamp(const WindowCall& call) {
  return ParseCovariance(call, true);
}

Result<WindowFunctionPtr> ParseMinMaxScaler(const WindowCall& call) {
  const auto bad = [](std::string_view why) {
    return Status(ErrorCode::kFailedToParse, "$minMaxScaler " + std::string(why));
  };
  if (call.argument.type() != bson::Type::kDocument) return bad("expects an object");
  bson::Value input;
  bson::Number min = bson::Number::Int32(0);
  bson::Number max = bson::Number::Int32(1);
  for (const bson::Element& field : call.argument.AsView()) {
    if (field.name == "input") {
      input = field.value;
    } else if (field.name == "min" || field.name == "max") {
      if (!field.value.IsNumber()) return bad("'min' and 'max' must be numbers");
      (field.name == "min" ? min : max) = bson::Number::From(field.value);
    } else {
      return bad("got an unexpected argument: " + std::string(field.name));
    }
  }
  if (input.missing()) return bad("requires an 'input' expression");
  if (bson::CompareNumbers(min, max) >= 0) return bad("'min' must be strictly less than 'max'");
  CAIRN_TRY_ASSIGN(auto bounds, WindowBounds::Parse(call));
  CAIRN_TRY_ASSIGN(auto expression, RowExpression::Parse(input, call.globals));
  return WindowFunctionPtr(std::make_unique<MinMaxScaler>(
      std::move(expression), min, max, WindowRows(std::move(bounds), call.sort)));
}

}  // namespace cairn::pipeline
