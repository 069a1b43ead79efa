// SPDX-License-Identifier: Apache-2.0
// The parse functions of all stages, one file each; see stage_table.h. Any thread.
#pragma once

#include "query/pipeline/stage_table.h"

namespace cairn::pipeline {

Status ParseAddFields(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseBucket(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseBucketAuto(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseCollStats(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseCount(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseCurrentOp(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseDensify(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseDocuments(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseFacet(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseFill(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseGraphLookup(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseGroup(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseIndexStats(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseLimit(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseListLocalSessions(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseListSessions(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseLookup(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseMatch(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseMerge(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseOut(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParsePlanCacheStats(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseProject(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseQuerySettings(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseRedact(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseReplaceRoot(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseReplaceWith(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseSample(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseSet(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseSetWindowFields(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseSkip(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseSort(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseSortByCount(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseUnionWith(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseUnset(bson::Value spec, const ParseContext& context, StageList* stages);
Status ParseUnwind(bson::Value spec, const ParseContext& context, StageList* stages);

/// Appends {$sort: {_id: 1}}, which others end with.
Status ParseSortById(const ParseContext& context, StageList* stages);

}  // namespace cairn::pipeline
