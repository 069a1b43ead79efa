// SPDX-License-Identifier: Apache-2.0
// Accumulators over windows. A window that only grows is added to. One that slides is kept as two
// stacks, so that no value is added more than twice for operators of small states: the front stack
// holds, for each row that will leave, the state of all rows from it to the middle; the back is one
// accumulator of the rows behind the middle. Others are computed anew for each row.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/exec/accumulation.h"
#include "query/pipeline/window.h"

namespace cairn::pipeline {
namespace {

// Operators whose state is small whatever was added, and does not depend on the order of merging
// but for the order of rows. Sorted.
constexpr std::string_view kSmallStates[] = {"$avg",        "$bottom", "$count", "$first",
                                             "$last",       "$max",    "$min",   "$stdDevPop",
                                             "$stdDevSamp", "$sum",    "$top"};
static_assert(std::ranges::is_sorted(kSmallStates));
// Windows of so few rows are computed anew: nothing can be simpler, or more exact.
constexpr size_t kRowsComputedAnew = 32;

class WindowAccumulator final : public WindowFunction {
 public:
  WindowAccumulator(exec::Accumulation accumulation, WindowRows rows)
      : accumulation_(std::move(accumulation)),
        rows_(std::move(rows)),
        small_state_(std::ranges::binary_search(kSmallStates, accumulation_.op().name)),
        nan_is_null_(accumulation_.op().name.starts_with("$stdDev") &&
                     rows_.bounds().lower.kind != Bound::Kind::kUnbounded) {}

  Status Begin(const Partition* partition, RunContext* run) override {
    CAIRN_TRY(WindowFunction::Begin(partition, run));
    rows_.Begin();
    front_.clear();
    added_ = {};
    middle_ = 0;
    scratch_.Clear();
    CAIRN_TRY_ASSIGN(back_, accumulation_.Make(bson::View(), &scratch_));
    CAIRN_TRY_ASSIGN(whole_, accumulation_.Make(bson::View(), &scratch_));
    return Status::Ok();
  }

  Status AppendFor(size_t row, std::string_view name, bson::Builder* out) override {
    if (!nan_is_null_) return AppendAny(row, name, out);
    bson::Builder value;
    CAIRN_TRY(AppendAny(row, "", &value));
    const bson::Document made = value.Finish();
    const bool is_nan = made[""].type() == bson::Type::kDouble && std::isnan(made[""].AsDouble());
    out->Append(name, is_nan ? expression::Scratch::Null() : made[""]);
    return Status::Ok();
  }

  size_t bytes() const override {
    return back_ == nullptr ? 0 : back_->bytes() + whole_->bytes() + front_.size() * kStateBytes;
  }

 private:
  static constexpr size_t kStateBytes = 128;

  Status AppendAny(size_t row, std::string_view name, bson::Builder* out) {
    CAIRN_TRY_ASSIGN(const Rows rows, rows_.Of(*partition_, row, run_));
    if (rows.empty()) return AppendEmpty(name, out);
    if (rows.begin == added_.begin && rows.end >= added_.end && front_.empty()) {
      CAIRN_TRY(AddTo(back_.get(), added_.end, rows.end));
      added_.end = rows.end;
      back_->AppendTo(name, out);
      return Status::Ok();
    }
    return RowsThatLeave(rows, name, out);
  }
  Status RowsThatLeave(const Rows& rows, std::string_view name, bson::Builder* out) {
    if (!small_state_ || rows.end - rows.begin <= kRowsComputedAnew) {
      return ComputeAnew(rows, name, out);
    }
    return Slide(rows, name, out);
  }
  Status AppendEmpty(std::string_view name, bson::Builder* out) {
    whole_->Reset();
    whole_->AppendTo(name, out);
    return Status::Ok();
  }
  Status AddTo(accumulate::Accumulator* accumulator, size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      CAIRN_TRY(run_->Tick());
      scratch_.Clear();
      CAIRN_TRY(accumulation_.Add(document(row), &scratch_, accumulator));
    }
    return Status::Ok();
  }
  Status ComputeAnew(const Rows& rows, std::string_view name, bson::Builder* out) {
    whole_->Reset();
    CAIRN_TRY(AddTo(whole_.get(), rows.begin, rows.end));
    whole_->AppendTo(name, out);
    return Status::Ok();
  }
  /// The front has the rows [added_.begin, middle_), the back [middle_, added_.end).
  Status Slide(const Rows& rows, std::string_view name, bson::Builder* out) {
    if (added_.end > rows.end || rows.begin >= middle_) CAIRN_TRY(Turn(rows));
    CAIRN_TRY(AddTo(back_.get(), std::max(added_.end, middle_), rows.end));
    added_ = rows;
    front_.resize(middle_ - rows.begin);
    whole_->Reset();
    if (!front_.empty()) CAIRN_TRY(whole_->Merge(front_.back()[""]));
    CAIRN_TRY(whole_->Merge(StateOf(*back_)[""]));
    whole_->AppendTo(name, out);
    return Status::Ok();
  }
  /// Makes a front of all rows of a window, behind which the back is empty. Each state is made of
  /// one row and the state of those behind it, merged in their order.
  Status Turn(const Rows& rows) {
    front_.clear();
    scratch_.Clear();
    CAIRN_TRY_ASSIGN(const auto one, accumulation_.Make(bson::View(), &scratch_));
    for (size_t row = rows.end; row-- > rows.begin;) {
      one->Reset();
      CAIRN_TRY(AddTo(one.get(), row, row + 1));
      if (!front_.empty()) CAIRN_TRY(one->Merge(front_.back()[""]));
      front_.push_back(StateOf(*one));
    }
    middle_ = rows.end;
    added_ = rows;
    back_->Reset();
    return Status::Ok();
  }
  static bson::Document StateOf(const accumulate::Accumulator& accumulator) {
    bson::Builder state;
    accumulator.AppendState("", &state);
    return state.Finish();
  }

  exec::Accumulation accumulation_;
  WindowRows rows_;
  const bool small_state_;
  const bool nan_is_null_;  // As MongoDB has it where values leave a window.
  expression::Scratch scratch_;
  accumulate::AccumulatorPtr back_;
  accumulate::AccumulatorPtr whole_;  // For one row's result.
  std::vector<bson::Document> front_;
  size_t middle_ = 0;
  Rows added_;
};

}  // namespace

Result<WindowFunctionPtr> ParseWindowAccumulator(const WindowCall& call) {
  CAIRN_TRY_ASSIGN(auto bounds, WindowBounds::Parse(call));
  bson::Builder statement;
  statement.OpenDocument("").Append(call.name, call.argument);
  statement.Close();
  const bson::Document made = statement.Finish();
  CAIRN_TRY_ASSIGN(auto accumulation, exec::Accumulation::Parse("", made[""], call.globals,
                                                                accumulate::Place::kWindow));
  return WindowFunctionPtr(std::make_unique<WindowAccumulator>(
      std::move(accumulation), WindowRows(std::move(bounds), call.sort)));
}

}  // namespace cairn::pipeline
