// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/sub_pipeline.h"

#include <utility>

#include "engine/base/try.h"
#include "query/pipeline/match.h"

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

Result<std::unique_ptr<Pipeline>> SubPipeline::Open(RunContext* run,
                                                    const expression::Globals& globals,
                                                    bson::View filter) const {
  CAIRN_TRY_ASSIGN(StageList stages, ParseStages(stages_, MakeContext(globals)));
  if (!filter.empty()) {
    CAIRN_TRY_ASSIGN(auto matcher, match::Matcher::Parse(filter, globals));
    const bool own = !stages.empty() && stages.front()->MakesDocuments();
    stages.insert(stages.begin() + (own ? 1 : 0), std::make_unique<MatchStage>(std::move(matcher)));
  }
  store::CollectionPtr target;
  if (!collection_.empty()) {
    target = run->environment.store->FindCollection(database_, collection_);
  }
  return Pipeline::Open(run, std::move(target), std::move(stages), {}, depth_);
}

}  // namespace cairn::pipeline
