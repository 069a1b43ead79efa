// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/view_definition.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "cairn/collection_options.h"
#include "engine/base/try.h"
#include "query/pipeline/parser.h"

namespace cairn::pipeline {
namespace {

using bson::Type;
using bson::Value;

// What a stage means for a view.
enum class Role : uint8_t {
  kPlain,
  kWrites,        // $merge and $out
  kChangeStream,  // only at the start of a pipeline on a collection
  kNoCollection,  // makes its own documents
  kLookup,
  kFacet,
  kUnionWith,
  kGraphLookup,
};

struct ViewStageRow {
  std::string_view name;
  Role role;
};

// table "stages of views": sorted
constexpr ViewStageRow kStages[] = {
    {"$addFields", Role::kPlain},
    {"$bucket", Role::kPlain},
    {"$bucketAuto", Role::kPlain},
    {"$changeStream", Role::kChangeStream},
    {"$changeStreamSplitLargeEvent", Role::kChangeStream},
    {"$collStats", Role::kPlain},
    {"$count", Role::kPlain},
    {"$currentOp", Role::kNoCollection},
    {"$densify", Role::kPlain},
    {"$documents", Role::kNoCollection},
    {"$facet", Role::kFacet},
    {"$fill", Role::kPlain},
    {"$geoNear", Role::kPlain},
    {"$graphLookup", Role::kGraphLookup},
    {"$group", Role::kPlain},
    {"$indexStats", Role::kPlain},
    {"$limit", Role::kPlain},
    {"$listClusterCatalog", Role::kNoCollection},
    {"$listLocalSessions", Role::kNoCollection},
    {"$listSampledQueries", Role::kNoCollection},
    {"$listSearchIndexes", Role::kPlain},
    {"$listSessions", Role::kNoCollection},
    {"$lookup", Role::kLookup},
    {"$match", Role::kPlain},
    {"$merge", Role::kWrites},
    {"$out", Role::kWrites},
    {"$planCacheStats", Role::kPlain},
    {"$project", Role::kPlain},
    {"$querySettings", Role::kNoCollection},
    {"$queryStats", Role::kNoCollection},
    {"$rankFusion", Role::kPlain},
    {"$redact", Role::kPlain},
    {"$replaceRoot", Role::kPlain},
    {"$replaceWith", Role::kPlain},
    {"$sample", Role::kPlain},
    {"$score", Role::kPlain},
    {"$scoreFusion", Role::kPlain},
    {"$search", Role::kPlain},
    {"$searchMeta", Role::kPlain},
    {"$set", Role::kPlain},
    {"$setWindowFields", Role::kPlain},
    {"$shardedDataDistribution", Role::kNoCollection},
    {"$skip", Role::kPlain},
    {"$sort", Role::kPlain},
    {"$sortByCount", Role::kPlain},
    {"$unionWith", Role::kUnionWith},
    {"$unset", Role::kPlain},
    {"$unwind", Role::kPlain},
    {"$vectorSearch", Role::kPlain},
};
static_assert(std::ranges::is_sorted(kStages, {}, &ViewStageRow::name));

// Where a pipeline stands.
enum class Within : uint8_t { kView, kLookup, kFacet, kUnionWith };

struct OpenPipeline {
  bson::View stages;
  Within within = Within::kView;
  int depth = 0;
};

Status WritesWithin(Within within, std::string_view name) {
  const std::string stage(name);
  switch (within) {
    case Within::kView:
      return Status(ErrorCode::kOptionNotSupportedOnView,
                    "The aggregation stage " + stage + " is not allowed in a view");
    case Within::kLookup:
      return Status(ErrorCode::kLocation51047,
                    stage + " is not allowed within a $lookup's sub-pipeline");
    case Within::kFacet:
      return Status(ErrorCode::kLocation40600,
                    stage + " is not allowed to be used within a $facet stage");
    case Within::kUnionWith:
      break;
  }
  return Status(ErrorCode::kLocation31441,
                stage + " is not allowed within a $unionWith's sub-pipeline");
}

// A stage's own pipelines, and the collections that it names.
struct StageParts {
  std::vector<OpenPipeline> pipelines;
  std::vector<std::string_view> collections;
};

void AddCollection(Value name, StageParts* parts) {
  if (name.type() == Type::kString) parts->collections.push_back(name.AsString());
}

void AddPipeline(Value stages, Within within, int depth, StageParts* parts) {
  if (stages.type() == Type::kArray) parts->pipelines.push_back({stages.AsView(), within, depth});
}

void OpenStage(Role role, Value spec, int depth, StageParts* parts) {
  if (role == Role::kUnionWith) AddCollection(spec, parts);
  if (spec.type() != Type::kDocument) return;
  const bson::View fields = spec.AsView();
  switch (role) {
    case Role::kLookup:
      AddCollection(fields["from"], parts);
      AddPipeline(fields["pipeline"], Within::kLookup, depth + 1, parts);
      break;
    case Role::kGraphLookup:
      AddCollection(fields["from"], parts);
      break;
    case Role::kUnionWith:
      AddCollection(fields["coll"], parts);
      AddPipeline(fields["pipeline"], Within::kUnionWith, depth + 1, parts);
      break;
    case Role::kFacet:
      for (const bson::Element& facet : fields) {
        AddPipeline(facet.value, Within::kFacet, depth + 1, parts);
      }
      break;
    default:
      break;
  }
}

Result<const ViewStageRow*> FindViewStage(Value value) {
  if (value.type() != Type::kDocument) {
    return Status(ErrorCode::kTypeMismatch,
                  "Each element of the 'pipeline' array must be an object");
  }
  const bson::View stage = value.AsView();
  if (stage.empty() || ++stage.begin() != stage.end()) {
    return Status(ErrorCode::kLocation40323,
                  "A pipeline stage specification object must contain exactly one field.");
  }
  const std::string_view name = stage.begin()->name;
  const auto* const row = std::ranges::lower_bound(kStages, name, {}, &ViewStageRow::name);
  if (row != std::end(kStages) && row->name == name) return row;
  return Status(ErrorCode::kLocation40324,
                "Unrecognized pipeline stage name: '" + std::string(name) + "'");
}

Status CheckRole(const ViewStageRow& stage, Within within) {
  switch (stage.role) {
    case Role::kWrites:
      return WritesWithin(within, stage.name);
    case Role::kChangeStream:
      return Status(ErrorCode::kLocation40573, "The $changeStream stage cannot be used in a view");
    case Role::kNoCollection:
      return Status(ErrorCode::kInvalidNamespace,
                    std::string(stage.name) + " does not read a collection, as a view has to");
    default:
      return Status::Ok();
  }
}

// All collections that the stages name, whatever their depth. The pipeline was checked.
std::vector<std::string_view> CollectionsOf(bson::View pipeline) {
  std::vector<std::string_view> collections;
  std::vector<OpenPipeline> open = {{pipeline}};
  while (!open.empty()) {
    const OpenPipeline current = open.back();
    open.pop_back();
    for (const bson::Element& element : current.stages) {
      const Result<const ViewStageRow*> stage = FindViewStage(element.value);
      if (!stage.ok()) continue;
      StageParts parts;
      OpenStage((*stage)->role, element.value.AsView().begin()->value, current.depth, &parts);
      collections.insert(collections.end(), parts.collections.begin(), parts.collections.end());
      open.insert(open.end(), parts.pipelines.begin(), parts.pipelines.end());
    }
  }
  return collections;
}

Status TooDeep(std::string_view name) {
  return Status(ErrorCode::kViewDepthLimitExceeded,
                "View depth limit exceeded: '" + std::string(name) + "' stands on more than " +
                    std::to_string(kViewDepthMax) + " views");
}

bson::View PipelineOf(const catalog::Collection& view) {
  const Value pipeline = view.options["pipeline"];
  return pipeline.type() == Type::kArray ? pipeline.AsView() : bson::View();
}

}  // namespace

Status CheckViewPipeline(bson::View pipeline) {
  std::vector<OpenPipeline> open = {{pipeline}};
  while (!open.empty()) {
    const OpenPipeline current = open.back();
    open.pop_back();
    if (current.depth > kSubPipelineDepthMax) {
      return Status(ErrorCode::kMaxSubPipelineDepthExceeded,
                    "Maximum number of nested sub-pipelines exceeded. Limit is " +
                        std::to_string(kSubPipelineDepthMax));
    }
    size_t count = 0;
    for (const bson::Element& element : current.stages) {
      CAIRN_TRY_ASSIGN(const ViewStageRow* const stage, FindViewStage(element.value));
      CAIRN_TRY(CheckRole(*stage, current.within));
      if (++count > kStagesMax) {
        return Status(ErrorCode::kLocation7749501,
                      "Pipeline length must be no longer than 1000 stages.");
      }
      StageParts parts;
      OpenStage(stage->role, element.value.AsView().begin()->value, current.depth, &parts);
      open.insert(open.end(), parts.pipelines.begin(), parts.pipelines.end());
    }
  }
  return Status::Ok();
}

Status CheckViewGraph(const store::DocumentStore& store, std::string_view database,
                      std::string_view name, std::string_view view_on, bson::View pipeline) {
  struct Visit {
    std::string name;
    int depth;
  };
  std::vector<Visit> open = {{std::string(view_on), 1}};
  for (const std::string_view used : CollectionsOf(pipeline))
    open.push_back({std::string(used), 1});
  // A name may be seen again at a greater depth: it counts once for each.
  std::unordered_set<std::string> seen;
  while (!open.empty()) {
    const Visit current = std::move(open.back());
    open.pop_back();
    if (current.name == name) {
      return Status(ErrorCode::kGraphContainsCycle, "View cycle detected: '" +
                                                        std::string(database) + "." +
                                                        std::string(name) + "' would read itself");
    }
    if (!seen.insert(current.name + '\0' + std::to_string(current.depth)).second) continue;
    const store::CollectionPtr collection = store.FindCollection(database, current.name);
    if (collection == nullptr || !collection->is_view) continue;
    if (current.depth == kViewDepthMax) return TooDeep(name);
    open.push_back({std::string(collection->options["viewOn"].AsString()), current.depth + 1});
    for (const std::string_view used : CollectionsOf(PipelineOf(*collection))) {
      open.push_back({std::string(used), current.depth + 1});
    }
  }
  return Status::Ok();
}

Status CheckViewCollations(const store::DocumentStore& store, std::string_view database,
                           bson::View pipeline, const collation::Collator* collator) {
  for (const std::string_view name : CollectionsOf(pipeline)) {
    const store::CollectionPtr view = store.FindCollection(database, name);
    if (view == nullptr || !view->is_view) continue;
    if (collation::Same(view->collator.get(), collator)) continue;
    return Status(
        ErrorCode::kOptionNotSupportedOnView,
        "the view " + view->Namespace() + " has another collation than the pipeline that reads it");
  }
  return Status::Ok();
}

Result<ResolvedView> ResolveView(const store::DocumentStore& store,
                                 const catalog::Collection& view) {
  std::vector<bson::Document> pipelines;  // Outermost first.
  std::string name(view.options["viewOn"].AsString());
  pipelines.emplace_back(PipelineOf(view));
  while (true) {
    const store::CollectionPtr below = store.FindCollection(view.database, name);
    if (below == nullptr || !below->is_view) break;
    if (pipelines.size() > kViewDepthMax) return TooDeep(view.name);
    name = below->options["viewOn"].AsString();
    pipelines.emplace_back(PipelineOf(*below));
  }
  bson::Builder stages;
  for (auto pipeline = pipelines.rbegin(); pipeline != pipelines.rend(); ++pipeline) {
    for (const bson::Element& stage : pipeline->view()) {
      stages.Append(stages.NextIndex(), stage.value);
    }
  }
  return ResolvedView{std::move(name), stages.Finish()};
}

}  // namespace cairn::pipeline
