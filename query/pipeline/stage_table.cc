// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/stage_table.h"

#include <algorithm>
#include <iterator>

#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

// table "stages": sorted
constexpr StageRow kStages[] = {
    {"$addFields", ParseAddFields, kInUpdate},
    {"$bucket", ParseBucket, kAnywhere},
    {"$bucketAuto", ParseBucketAuto, kAnywhere},
    {"$collStats", ParseCollStats, kFirst | kNotInFacet},
    {"$count", ParseCount, kAnywhere},
    {"$currentOp", ParseCurrentOp, kFirst | kOfDatabase | kNotInFacet | kUnstable},
    {"$densify", ParseDensify, kAnywhere},
    {"$documents", ParseDocuments, kFirst | kOfDatabase | kNotInFacet},
    {"$facet", ParseFacet, kNotInFacet},
    {"$fill", ParseFill, kAnywhere},
    {"$graphLookup", ParseGraphLookup, kAnywhere},
    {"$group", ParseGroup, kAnywhere},
    {"$indexStats", ParseIndexStats, kFirst | kNotInFacet | kUnstable},
    {"$limit", ParseLimit, kAnywhere},
    {"$listLocalSessions", ParseListLocalSessions, kFirst | kOfDatabase | kNotInFacet | kUnstable},
    {"$listSessions", ParseListSessions, kFirst | kNotInFacet | kUnstable},
    {"$lookup", ParseLookup, kAnywhere},
    {"$match", ParseMatch, kAnywhere},
    {"$merge", ParseMerge, kLast | kNotInFacet | kNotInLookup | kNotInUnion | kNotInView | kWrites},
    {"$out", ParseOut, kLast | kNotInFacet | kNotInLookup | kNotInUnion | kNotInView | kWrites},
    {"$planCacheStats", ParsePlanCacheStats, kFirst | kNotInFacet | kUnstable},
    {"$project", ParseProject, kInUpdate},
    {"$querySettings", ParseQuerySettings, kFirst | kOfDatabase | kNotInFacet | kUnstable},
    {"$redact", ParseRedact, kAnywhere},
    {"$replaceRoot", ParseReplaceRoot, kInUpdate},
    {"$replaceWith", ParseReplaceWith, kInUpdate},
    {"$sample", ParseSample, kAnywhere},
    {"$set", ParseSet, kInUpdate},
    {"$setWindowFields", ParseSetWindowFields, kAnywhere},
    {"$skip", ParseSkip, kAnywhere},
    {"$sort", ParseSort, kAnywhere},
    {"$sortByCount", ParseSortByCount, kAnywhere},
    {"$unionWith", ParseUnionWith, kAnywhere},
    {"$unset", ParseUnset, kInUpdate},
    {"$unwind", ParseUnwind, kAnywhere},
};
static_assert(std::ranges::is_sorted(kStages, {}, &StageRow::name));

// table "unsupported stages": sorted
constexpr std::string_view kUnsupported[] = {
    "$changeStream",
    "$changeStreamSplitLargeEvent",
    "$geoNear",
    "$listCatalog",
    "$listClusterCatalog",
    "$listSampledQueries",
    "$listSearchIndexes",
    "$operationMetrics",
    "$queryStats",
    "$rankFusion",
    "$score",
    "$scoreFusion",
    "$search",
    "$searchBeta",
    "$searchMeta",
    "$shardedDataDistribution",
    "$vectorSearch",
};
static_assert(std::ranges::is_sorted(kUnsupported));

}  // namespace

const StageRow* FindStage(std::string_view name) {
  const auto* const row = std::ranges::lower_bound(kStages, name, {}, &StageRow::name);
  return row != std::end(kStages) && row->name == name ? row : nullptr;
}

bool IsUnsupportedStage(std::string_view name) {
  return std::ranges::binary_search(kUnsupported, name);
}

}  // namespace cairn::pipeline
