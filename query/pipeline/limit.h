// SPDX-License-Identifier: Apache-2.0
// $limit and $skip: a part of the documents by their number. Belong to their pipeline.
#pragma once

#include <cstdint>

#include "query/pipeline/stage.h"

namespace cairn::pipeline {

class LimitStage final : public Stage {
 public:
  explicit LimitStage(int64_t limit) : limit_(limit) {}
  Status Open(RunContext* run, Stage* input) override {
    given_ = 0;
    return Stage::Open(run, input);
  }
  Result<bool> Next() override;
  bool AddDependencies(expression::Dependencies*) const override { return true; }
  void Describe(Verbosity, bson::Builder* out) const override {
    out->AppendInt64("$limit", limit_);
  }
  int64_t limit() const { return limit_; }

 private:
  const int64_t limit_;
  int64_t given_ = 0;
};

class SkipStage final : public Stage {
 public:
  explicit SkipStage(int64_t skip) : skip_(skip) {}
  Status Open(RunContext* run, Stage* input) override {
    skipped_ = 0;
    return Stage::Open(run, input);
  }
  Result<bool> Next() override;
  bool AddDependencies(expression::Dependencies*) const override { return true; }
  void Describe(Verbosity, bson::Builder* out) const override { out->AppendInt64("$skip", skip_); }
  int64_t skip() const { return skip_; }

 private:
  const int64_t skip_;
  int64_t skipped_ = 0;
};

}  // namespace cairn::pipeline
