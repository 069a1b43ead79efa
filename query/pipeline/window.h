// SPDX-License-Identifier: Apache-2.0
// What the functions of $setWindowFields work with: a partition of sorted documents, the window of
// each of them, and the functions themselves.
//
//   window := {documents: [bound, bound]} | {range: [bound, bound], unit: name} | {}
//   bound  := "unbounded" | "current" | number
//
// Thread safety: parsed bounds are values; the rest belongs to one stage.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/bson/number.h"
#include "query/expression/date_argument.h"
#include "query/expression/expression.h"
#include "query/pipeline/partition.h"
#include "query/pipeline/run_context.h"
#include "query/plan/sort_pattern.h"

namespace cairn::pipeline {

/// One end of a window.
struct Bound {
  enum class Kind : uint8_t { kUnbounded, kCurrent, kOffset };
  Kind kind = Kind::kUnbounded;
  bson::Number offset;  ///< Of kOffset: of rows, of the sort's values, or of units.
};

struct WindowCall;

struct WindowBounds {
  bool by_range = false;
  Bound lower;
  Bound upper;
  std::optional<expression::DateUnit> unit;

  bool IsUnbounded() const {
    return lower.kind == Bound::Kind::kUnbounded && upper.kind == Bound::Kind::kUnbounded;
  }
  /// Errors: FailedToParse, Location5339900 (the lower bound above the upper), Location5339901
  /// (without a sort), Location5339902 (a range needs a sort by one field), Location8947401 (which
  /// must be ascending).
  static Result<WindowBounds> Parse(const WindowCall& call);
};

/// First row of a window and the one behind its last.
struct Rows {
  size_t begin = 0;
  size_t end = 0;
  bool empty() const { return begin >= end; }
};

/// The windows of the rows of a partition, which have to be asked for in order.
class WindowRows {
 public:
  /// Borrows `sort`.
  WindowRows(WindowBounds bounds, const plan::SortPattern* sort)
      : bounds_(std::move(bounds)), sort_(sort) {}
  const WindowBounds& bounds() const { return bounds_; }
  void Begin() { last_ = {}; }
  /// Both ends never move back. Errors: Location5429414 (a range over what is no number),
  /// Location5429513 (a unit over what is no date).
  Result<Rows> Of(const Partition& partition, size_t row, RunContext* run);

 private:
  Rows ByDocuments(size_t size, size_t row) const;
  Result<bson::Value> SortValue(const Partition& partition, size_t row) const;
  /// Where the window of `center` ends on that side, compared with the value of a row.
  Result<int> CompareToBound(bson::Value center, const Bound& bound, bson::Value value) const;

  const WindowBounds bounds_;
  const plan::SortPattern* const sort_;
  Rows last_;
};

/// One output field of $setWindowFields.
class WindowFunction {
 public:
  virtual ~WindowFunction() = default;
  /// A new partition; borrowed until the next Begin.
  virtual Status Begin(const Partition* partition, RunContext* run) {
    partition_ = partition;
    run_ = run;
    return Status::Ok();
  }
  /// Appends the value for `row`, or nothing for a missing one. Rows are asked for in order.
  virtual Status AppendFor(size_t row, std::string_view name, bson::Builder* out) = 0;
  /// What it holds, about.
  virtual size_t bytes() const { return 0; }

 protected:
  WindowFunction() = default;
  bson::View document(size_t row) const { return partition_->document(row); }
  const Partition* partition_ = nullptr;
  RunContext* run_ = nullptr;
};

using WindowFunctionPtr = std::unique_ptr<WindowFunction>;

/// {$function: argument, window: …}, taken apart. Borrows all.
struct WindowCall {
  std::string_view name;
  bson::Value argument;
  bson::Value window;  ///< Missing: none was given.
  const plan::SortPattern* sort;
  bool has_sort_by;  ///< It may have been empty.
  const expression::Globals& globals;
};

/// An expression with what it is evaluated with.
class RowExpression {
 public:
  const path::FieldPath* RootField() const { return expression_->RootField(); }
  static Result<RowExpression> Parse(bson::Value value, const expression::Globals& globals);
  /// Valid until the next Evaluate.
  Result<bson::Value> Evaluate(bson::View document);

 private:
  expression::ExpressionPtr expression_;
  std::shared_ptr<const collation::Collator> collator_;
  std::unique_ptr<expression::Scratch> scratch_;
};

/// A quotient: double, or decimal when either is one.
[[nodiscard]] bson::Number Divide(bson::Number a, bson::Number b);

/// Errors: FailedToParse for an unknown function or wrong arguments, and those of each.
Result<WindowFunctionPtr> ParseWindowFunction(const WindowCall& call);

// window_rank.cc
Result<WindowFunctionPtr> ParseDenseRank(const WindowCall& call);
Result<WindowFunctionPtr> ParseDocumentNumber(const WindowCall& call);
Result<WindowFunctionPtr> ParseRank(const WindowCall& call);
Result<WindowFunctionPtr> ParseShift(const WindowCall& call);
// window_fill.cc
Result<WindowFunctionPtr> ParseExpMovingAvg(const WindowCall& call);
Result<WindowFunctionPtr> ParseLinearFill(const WindowCall& call);
Result<WindowFunctionPtr> ParseLocf(const WindowCall& call);
// window_calculus.cc
Result<WindowFunctionPtr> ParseDerivative(const WindowCall& call);
Result<WindowFunctionPtr> ParseIntegral(const WindowCall& call);
// window_statistics.cc
Result<WindowFunctionPtr> ParseCovariancePop(const WindowCall& call);
Result<WindowFunctionPtr> ParseCovarianceSamp(const WindowCall& call);
Result<WindowFunctionPtr> ParseMinMaxScaler(const WindowCall& call);
// window_accumulator.cc
Result<WindowFunctionPtr> ParseWindowAccumulator(const WindowCall& call);

}  // namespace cairn::pipeline
