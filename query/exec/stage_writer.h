// SPDX-License-Identifier: Apache-2.0
// Writes the stages of one plan, the topmost first, as MongoDB's explain shows them, with what each
// has done when that is wanted. Thread safety: as Execution.
#pragma once

#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "query/exec/execution.h"

namespace cairn::exec {

/// What stands around the query: a stage on top of its plan.
struct ExplainFrame {
  std::string_view ns;
  std::string_view top_stage;      ///< "COUNT", "UPDATE" or "DELETE"; empty: a read.
  std::string_view type;           ///< Of "DELETE".
  std::string_view distinct = {};  ///< The path of a distinct.
  bool fast_count = false;         ///< The count is known without a plan.
  bool clustered = false;          ///< The collection was made with clusteredIndex.
  int64_t top_count = 0;           ///< What the stage on top has done: counted, matched.
};

class StageWriter {
 public:
  /// Borrows all. `candidate`: null when there is no collection.
  StageWriter(const Execution& execution, const ExplainFrame& frame, const Candidate* candidate,
              bool statistics, bson::Builder* out)
      : execution_(execution),
        frame_(frame),
        candidate_(candidate),
        statistics_(statistics),
        out_(out) {}

  /// Appends the topmost stage's fields to the open document.
  void Write();

 private:
  const plan::Plan& plan() const {
    return candidate_ != nullptr ? candidate_->plan() : execution_.plan();
  }
  const Source* source() const { return candidate_ == nullptr ? nullptr : candidate_->source(); }

  /// Begins a stage below the one before. `statistics`: null where it has none of its own.
  void Begin(std::string_view stage, const Statistics* statistics);
  void WriteTop();
  void WriteProjection();
  void WriteAccess();
  const Source* WriteSort(const Source* source);
  void WriteFilter();
  void WriteScan(const plan::Node& access, const Source* source);
  void WriteIdPoints(const plan::Node& access, const Source* source);
  void WriteIdIndex(bool reverse);
  void WriteEntries(const plan::Node& access, const Source* source);
  std::string_view EntryStage(const plan::Node& node) const;
  /// The fields of a node whose stage has been written.
  void WriteNode(const plan::Node& node, const EntrySource* entries);
  void WriteIndexScan(const plan::IndexScan& scan, const EntrySource* entries);
  void WriteIntervals(std::string_view name, const plan::Intervals& intervals,
                      key::Direction direction, bool reverse);
  void AppendCount(std::string_view name, uint64_t count);
  /// Of the whole plan: in its trial, and since.
  int64_t TimeUs() const;

  const Execution& execution_;
  const ExplainFrame& frame_;
  const Candidate* const candidate_;
  const bool statistics_;
  bson::Builder* const out_;
  bool begun_ = false;
  int open_ = 0;
  uint64_t rows_ = 0;
};

}  // namespace cairn::exec
