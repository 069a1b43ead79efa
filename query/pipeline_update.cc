// SPDX-License-Identifier: Apache-2.0
// Update pipelines: stages that each make a whole document from the one before it.
#include "query/pipeline_update.h"

#include <utility>

#include "engine/base/try.h"
#include "query/pipeline/parser.h"

namespace cairn {
namespace {

class PipelineTransform final : public update::Transform {
 public:
  explicit PipelineTransform(pipeline::StageList stages) : stages_(std::move(stages)) {}

  Result<bson::Document> Apply(bson::View document) const override {
    bson::Document current(document);
    for (const pipeline::StagePtr& stage : stages_) {
      bson::Builder builder;
      CAIRN_TRY(static_cast<const pipeline::TransformStage&>(*stage).Apply(current, &builder));
      current = builder.Finish();
    }
    return current;
  }

 private:
  const pipeline::StageList
      stages_;  // All are TransformStages: so are those that updates may have.
};

}  // namespace

Result<update::Update> ParsePipelineUpdate(bson::View stages, const expression::Globals& globals) {
  pipeline::ParseContext context{.globals = globals};
  context.place = pipeline::Place::kUpdate;
  CAIRN_TRY_ASSIGN(auto parsed, pipeline::ParseStages(stages, context));
  return update::Update::FromTransform(
      std::make_unique<const PipelineTransform>(std::move(parsed)));
}

}  // namespace cairn
