// SPDX-License-Identifier: Apache-2.0
// $match: the documents that a filter lets through. Belongs to its pipeline.
#pragma once

#include <utility>

#include "query/match/matcher.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

class MatchStage final : public Stage {
 public:
  explicit MatchStage(match::Matcher matcher) : matcher_(std::move(matcher)) {}

  Result<bool> Next() override;
  void Describe(Verbosity, bson::Builder* out) const override {
    out->AppendDocument("$match", matcher_.source());
  }

  bool AddDependencies(expression::Dependencies* dependencies) const override;

  const match::Matcher& matcher() const { return matcher_; }

 private:
  const match::Matcher matcher_;
};

}  // namespace cairn::pipeline
