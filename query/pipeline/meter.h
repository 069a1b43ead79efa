// SPDX-License-Identifier: Apache-2.0
// Counts and times what a stage gives. Stands behind each stage of a pipeline that is explained.
// Belongs to its pipeline.
#pragma once

#include <cstdint>

#include "query/pipeline/stage.h"

namespace cairn::pipeline {

class MeterStage final : public Stage {
 public:
  Result<bool> Next() override {
    const int64_t start_us = run_->environment.clock->MonotonicUs();
    Result<bool> more = input_->Next();
    time_us_ += run_->environment.clock->MonotonicUs() - start_us;
    if (more.ok() && *more) {
      ++returned_;
      document_ = input_->document();
    }
    return more;
  }

  uint64_t TakeKnownRest() override {
    const uint64_t rest = input_->TakeKnownRest();
    returned_ += rest;
    return rest;
  }

  uint64_t returned() const { return returned_; }
  /// With the stages before it, as in MongoDB.
  int64_t time_ms() const { return time_us_ / 1000; }

 private:
  uint64_t returned_ = 0;
  int64_t time_us_ = 0;
};

}  // namespace cairn::pipeline
