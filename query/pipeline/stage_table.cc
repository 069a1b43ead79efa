// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/stage_table.h"

#include <algorithm>
#include <iterator>

#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

// table: sorted
constexpr StageRow kStages[] = {
    {"$addFields", ParseAddFields, kInUpdate},
    {"$bucket", ParseBucket, kAnywhere},
    {"$count", ParseCount, kAnywhere},
    {"$documents", ParseDocuments, kFirst | kOfDatabase | kNotInFacet},
    {"$facet", ParseFacet, kNotInFacet},
    {"$group", ParseGroup, kAnywhere},
    {"$limit", ParseLimit, kAnywhere},
    {"$match", ParseMatch, kAnywhere},
    {"$project", ParseProject, kInUpdate},
    {"$replaceRoot", ParseReplaceRoot, kInUpdate},
    {"$replaceWith", ParseReplaceWith, kInUpdate},
    {"$sample", ParseSample, kAnywhere},
    {"$set", ParseSet, kInUpdate},
    {"$skip", ParseSkip, kAnywhere},
    {"$sort", ParseSort, kAnywhere},
    {"$sortByCount", ParseSortByCount, kAnywhere},
    {"$unset", ParseUnset, kInUpdate},
    {"$unwind", ParseUnwind, kAnywhere},
};
static_assert(std::ranges::is_sorted(kStages, {}, &StageRow::name));

// table "unsupported stages": sorted
constexpr std::string_view kUnsupported[] = {
    "$bucketAuto",
    "$changeStream",
    "$changeStreamSplitLargeEvent",
    "$collStats",
    "$currentOp",
    "$densify",
    "$fill",
    "$geoNear",
    "$graphLookup",
    "$indexStats",
    "$listCatalog",
    "$listClusterCatalog",
    "$listLocalSessions",
    "$listSampledQueries",
    "$listSearchIndexes",
    "$listSessions",
    "$lookup",
    "$merge",
    "$operationMetrics",
    "$out",
    "$planCacheStats",
    "$querySettings",
    "$queryStats",
    "$rankFusion",
    "$redact",
    "$score",
    "$scoreFusion",
    "$search",
    "$searchBeta",
    "$searchMeta",
    "$setWindowFields",
    "$shardedDataDistribution",
    "$unionWith",
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
