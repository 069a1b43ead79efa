// SPDX-License-Identifier: Apache-2.0
// $unionWith: behind the documents of its input come those of another collection, or of a pipeline
// over it. Belongs to its pipeline.
#pragma once

#include <memory>
#include <utility>

#include "query/pipeline/stage.h"
#include "query/pipeline/sub_pipeline.h"

namespace cairn::pipeline {

class UnionWithStage final : public Stage {
 public:
  UnionWithStage(SubPipeline other, const expression::Globals& globals)
      : other_(std::move(other)), globals_(globals) {}

  Status Open(RunContext* run, Stage* input) override {
    in_other_ = false;
    return Stage::Open(run, input);
  }
  Result<bool> Next() override;
  void Pause() override;
  bool AddDependencies(expression::Dependencies*) const override { return true; }
  void Describe(Verbosity verbosity, bson::Builder* out) const override;

  /// From now on the other documents are only those that `filter` lets through.
  bool AddMatch(bson::View filter, const expression::Globals& globals) {
    return other_.AddMatch(filter, globals);
  }

 private:
  SubPipeline other_;
  const expression::Globals globals_;
  std::unique_ptr<Pipeline> pipeline_;
  bool in_other_ = false;  // The input has given all.
};

}  // namespace cairn::pipeline
