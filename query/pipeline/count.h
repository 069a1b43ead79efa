// SPDX-License-Identifier: Apache-2.0
// $count: one document with the number of documents, or none when there are none. Belongs to its
// pipeline.
#pragma once

#include <string>
#include <string_view>

#include "query/pipeline/stage.h"

namespace cairn::pipeline {

class CountStage final : public Stage {
 public:
  /// `id`: the _id of the document; missing: it has none.
  explicit CountStage(std::string_view name, bson::Value id = {}) : name_(name), id_(id) {}

  Status Open(RunContext* run, Stage* input) override {
    ended_ = false;
    return Stage::Open(run, input);
  }
  Result<bool> Next() override;
  bool AddDependencies(expression::Dependencies*) const override { return false; }

 private:
  const std::string name_;
  const bson::OwnedValue id_;
  bool ended_ = false;
  bson::Document counted_;
};

}  // namespace cairn::pipeline
