// SPDX-License-Identifier: Apache-2.0
// The first stage of a pipeline over a collection: a query, which has taken over what it can do of
// the stages behind it. Belongs to its pipeline.
#pragma once

#include <memory>
#include <utility>

#include "query/exec/execution.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

class CursorStage final : public Stage {
 public:
  /// Turns the stages at the front of `stages` into the query that is run on `collection`, which
  /// may be null. `hint` may be missing. Errors: those of exec::Execution::Open.
  static Result<std::unique_ptr<CursorStage>> Make(RunContext* run, store::CollectionPtr collection,
                                                   bson::Value hint, StageList* stages);

  Result<bool> Next() override;
  void Pause() override { execution_->Pause(); }
  void Describe(bson::Builder* out) const override;

  const exec::Execution& execution() const { return *execution_; }

 private:
  explicit CursorStage(std::unique_ptr<exec::Execution> execution)
      : execution_(std::move(execution)) {}

  const std::unique_ptr<exec::Execution> execution_;
};

}  // namespace cairn::pipeline
