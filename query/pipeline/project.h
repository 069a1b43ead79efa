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
  bool AddDependencies(expression::Dependencies* dependencies) const override {
    projection_.AddDependencies(dependencies);
    return !projection_.IsInclusion();
  }
  std::optional<path::FieldPath> PathBefore(const path::FieldPath& path) const override {
    return projection_.Origin(path);
  }
  bool IsOneToOne() const override { return true; }

  const project::Projection& projection() const { return projection_; }
  /// Whether it only takes fields, or leaves fields out.
  bool IsPlain() const { return projection_.IsPlain(); }

 private:
  const project::Projection projection_;
};

}  // namespace cairn::pipeline
