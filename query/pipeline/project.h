// SPDX-License-Identifier: Apache-2.0
// $project and $unset: a projection of each document. Belongs to its pipeline.
#pragma once

#include <utility>

#include "query/pipeline/stage.h"
#include "query/project/projection.h"

namespace cairn::pipeline {

class ProjectStage final : public TransformStage {
 public:
  explicit ProjectStage(project::Projection projection) : projection_(std::move(projection)) {}
  Status Apply(bson::View document, bson::Builder* out) const override {
    return projection_.Apply(document, out);
  }
  bool LetsMatchPass(const path::FieldPath& path) const override { return projection_.Keeps(path); }

 private:
  const project::Projection projection_;
};

}  // namespace cairn::pipeline
