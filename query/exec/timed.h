// SPDX-License-Identifier: Apache-2.0
// Operators of a query that is explained: each does what the one in it does, and tells how long
// that took, with the operators below it. Belong to one Execution.
#pragma once

#include <memory>
#include <utility>

#include "query/exec/entry_source.h"
#include "query/exec/read_context.h"
#include "query/exec/source.h"

namespace cairn::exec {

/// The statistics of `operation`, which is asked for the next row, and the time of that.
template <typename Operator>
Result<bool> NextInTime(base::Clock* clock, Operator* operation, Statistics* statistics) {
  const int64_t began_us = clock->MonotonicUs();
  Result<bool> more = operation->Next();
  const int64_t time_us = statistics->time_us + clock->MonotonicUs() - began_us;
  *statistics = operation->statistics();
  statistics->time_us = time_us;
  return more;
}

class TimedSource final : public Source {
 public:
  TimedSource(base::Clock* clock, std::unique_ptr<Source> timed)
      : clock_(clock), timed_(std::move(timed)) {}
  Result<bool> Next() override {
    Result<bool> more = NextInTime(clock_, timed_.get(), &statistics_);
    row_ = timed_->row();
    return more;
  }
  void Pause() override { timed_->Pause(); }
  const Source* source() const override { return timed_->source(); }
  const EntrySource* entries() const override { return timed_->entries(); }

 private:
  base::Clock* const clock_;
  const std::unique_ptr<Source> timed_;
};

class TimedEntries final : public EntrySource {
 public:
  TimedEntries(base::Clock* clock, std::unique_ptr<EntrySource> timed)
      : clock_(clock), timed_(std::move(timed)) {}
  Result<bool> Next() override {
    Result<bool> more = NextInTime(clock_, timed_.get(), &statistics_);
    entry_ = timed_->entry();
    return more;
  }
  void Pause() override { timed_->Pause(); }
  void AppendOrder(std::string* out) const override { timed_->AppendOrder(out); }
  bool Repeats() const override { return timed_->Repeats(); }
  void SkipColumns(int columns) override { timed_->SkipColumns(columns); }
  const EntrySource* input(size_t i) const override { return timed_->input(i); }

 private:
  base::Clock* const clock_;
  const std::unique_ptr<EntrySource> timed_;
};

/// `source` as it is run: timed where the query is explained.
inline std::unique_ptr<Source> WithTimes(const ReadContext& context,
                                         std::unique_ptr<Source> source) {
  if (!context.timed() || source == nullptr) return source;
  return std::make_unique<TimedSource>(context.environment().clock, std::move(source));
}

/// The same.
inline std::unique_ptr<EntrySource> WithTimes(const ReadContext& context,
                                              std::unique_ptr<EntrySource> entries) {
  if (!context.timed()) return entries;
  return std::make_unique<TimedEntries>(context.environment().clock, std::move(entries));
}

}  // namespace cairn::exec
