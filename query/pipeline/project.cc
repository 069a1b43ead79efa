// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/project.h"

#include "engine/base/try.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {

Status ParseProject(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation15969, "$project specification must be an object");
  }
  if (spec.AsView().empty()) {
    return Status(ErrorCode::kLocation51272,
                  "Invalid $project :: caused by :: projection specification must have at least "
                  "one field");
  }
  CAIRN_TRY_ASSIGN(auto projection, project::Projection::Parse(spec.AsView(), context.globals,
                                                               project::Place::kPipeline));
  stages->push_back(std::make_unique<ProjectStage>(std::move(projection)));
  return Status::Ok();
}

}  // namespace cairn::pipeline
