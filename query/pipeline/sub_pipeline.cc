// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/sub_pipeline.h"

#include <utility>

#include "engine/base/try.h"
#include "query/match/matcher.h"
#include "query/pipeline/join.h"

namespace cairn::pipeline {

bool BeginsWithDocuments(bson::Value stages) {
  if (stages.type() != bson::Type::kArray || stages.AsView().empty()) return false;
  const bson::Value first = stages.AsView().begin()->value;
  return first.type() == bson::Type::kDocument && !first.AsView()["$documents"].missing();
}

ParseContext SubPipeline::MakeContext(const expression::Globals& globals) const {
  ParseContext context{.globals = globals};
  context.database = database_;
  context.collection = collection_;
  context.place = place_;
  context.depth = depth_;
  context.api_strict = api_strict_;
  return context;
}

Result<SubPipeline> SubPipeline::Parse(std::string_view database, std::string_view collection,
                                       bson::Value stages, const ParseContext& context, Place place,
                                       bson::View variables) {
  SubPipeline parsed;
  parsed.database_ = database;
  parsed.collection_ = collection;
  if (!stages.missing()) parsed.stages_ = bson::Document(stages.AsView());
  parsed.place_ = place;
  parsed.depth_ = context.depth + 1;
  parsed.api_strict_ = context.api_strict;
  expression::Globals globals = context.globals;
  globals.evaluates_constants = false;
  for (const bson::Element& variable : variables) {
    CAIRN_TRY(expression::CheckUserVariable(variable.name));
    globals.variables.emplace(globals.variables.begin(), std::string(variable.name),
                              bson::OwnedValue());
  }
  CAIRN_TRY(ParseStages(parsed.stages_, parsed.MakeContext(globals)).status());
  return parsed;
}

Result<std::unique_ptr<Pipeline>> SubPipeline::Make(
    RunContext* run, const expression::Globals* globals,
    const std::optional<path::FieldPath>& join) const {
  CAIRN_TRY_ASSIGN(StageList stages, ParseStages(stages_, MakeContext(*globals)));
  if (join) {
    const bool own = !stages.empty() && stages.front()->MakesDocuments();
    stages.insert(stages.begin() + (own ? 1 : 0), std::make_unique<JoinStage>(*join, globals));
  }
  PipelineSource source;
  target_ = Target(*run);
  source.collection = target_;
  source.ns = database_ + "." + collection_;
  source.depth = depth_;
  source.globals = globals;
  return Pipeline::Make(run, std::move(source), std::move(stages));
}

store::CollectionPtr SubPipeline::Target(const RunContext& run) const {
  if (collection_.empty()) return nullptr;
  return run.environment.store->FindCollection(database_, collection_);
}

bool SubPipeline::IsCurrent(const RunContext& run) const { return Target(run) == target_; }

bool SubPipeline::AddMatch(bson::View filter, const expression::Globals& globals) {
  if (!match::Matcher::Parse(filter, globals).ok()) return false;
  bson::Builder stages;
  size_t count = 0;
  stages.OpenArray("");
  for (const bson::Element& stage : stages_.view()) {
    stages.Append(stages.NextIndex(), stage.value);
    ++count;
  }
  if (count >= kStagesMax) return false;
  stages.OpenDocument(stages.NextIndex()).AppendDocument("$match", filter).Close().Close();
  stages_ = bson::Document(stages.Finish()[""].AsView());
  return true;
}

}  // namespace cairn::pipeline
