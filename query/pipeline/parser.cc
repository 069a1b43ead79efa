// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/parser.h"

#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/pipeline/stage_table.h"

namespace cairn::pipeline {
namespace {

Status NotAllowed(ErrorCode code, std::string_view name, std::string_view where) {
  return Status(code,
                std::string(name) + " is not allowed to be used within " + std::string(where));
}

Status Unknown(std::string_view name, const ParseContext& context) {
  if (!IsUnsupportedStage(name)) {
    return Status(ErrorCode::kLocation40324,
                  "Unrecognized pipeline stage name: '" + std::string(name) + "'");
  }
  if (context.place == Place::kUpdate) {
    return NotAllowed(ErrorCode::kInvalidOptions, name, "an update");
  }
  if (context.api_strict) {
    return Status(ErrorCode::kAPIStrictError,
                  "stage " + std::string(name) + " is not in API Version 1");
  }
  return Status(ErrorCode::kNotImplemented,
                "the stage " + std::string(name) + " is not supported by Cairn");
}

// What can be said before the stage is parsed.
Status CheckStage(const StageRow& row, const ParseContext& context) {
  if (context.place == Place::kUpdate && !row.Is(kInUpdate)) {
    return NotAllowed(ErrorCode::kInvalidOptions, row.name, "an update");
  }
  if (context.api_strict && row.Is(kUnstable)) {
    return Status(ErrorCode::kAPIStrictError,
                  "stage " + std::string(row.name) + " is not in API Version 1");
  }
  if (row.Is(kOfDatabase) && !context.collection.empty()) {
    return Status(ErrorCode::kInvalidNamespace,
                  std::string(row.name) + " must be run against a database with {aggregate: 1}");
  }
  return Status::Ok();
}

Status CheckNesting(const StageRow& row, Place place) {
  if (place == Place::kFacet && row.Is(kNotInFacet)) {
    return NotAllowed(ErrorCode::kLocation40600, row.name, "a $facet stage");
  }
  if (place == Place::kLookup && row.Is(kNotInLookup)) {
    return NotAllowed(ErrorCode::kLocation51047, row.name, "a $lookup stage");
  }
  if (place == Place::kUnion && row.Is(kNotInUnion)) {
    return NotAllowed(ErrorCode::kLocation31441, row.name, "a $unionWith stage");
  }
  if (place == Place::kView && row.Is(kNotInView)) {
    return NotAllowed(ErrorCode::kOptionNotSupportedOnView, row.name, "a view");
  }
  return Status::Ok();
}

Status CheckPlace(const StageRow& row, size_t index, size_t count, const ParseContext& context) {
  CAIRN_TRY(CheckNesting(row, context.place));
  if (row.Is(kFirst) && index != 0) {
    return Status(ErrorCode::kLocation40602,
                  std::string(row.name) + " is only valid as the first stage in a pipeline.");
  }
  if (row.Is(kLast) && index + 1 != count) {
    return Status(ErrorCode::kLocation40601,
                  std::string(row.name) + " can only be the final stage in the pipeline");
  }
  // A facet's branches read what the pipeline around them gives.
  const bool begins =
      index == 0 && context.place != Place::kFacet && context.place != Place::kUpdate;
  if (begins && context.collection.empty() && !row.Is(kOfDatabase)) {
    return Status(ErrorCode::kInvalidNamespace, "{aggregate: 1} is not valid for '" +
                                                    std::string(row.name) +
                                                    "'; a collection is required.");
  }
  return Status::Ok();
}

Result<const StageRow*> ParseStage(bson::Value value, const ParseContext& context,
                                   StageList* stages) {
  if (value.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kTypeMismatch,
                  "Each element of the 'pipeline' array must be an object");
  }
  const bson::View stage = value.AsView();
  if (stage.empty() || ++stage.begin() != stage.end()) {
    return Status(ErrorCode::kLocation40323,
                  "A pipeline stage specification object must contain exactly one field.");
  }
  const bson::Element element = *stage.begin();
  const StageRow* const row = FindStage(element.name);
  if (row == nullptr) return Unknown(element.name, context);
  CAIRN_TRY(CheckStage(*row, context));
  const size_t before = stages->size();
  CAIRN_TRY(row->parse(element.value, context, stages));
  if (stages->size() == before + 1 && stages->back()->source().empty()) {
    stages->back()->set_source(bson::Document(stage));
  }
  return row;
}

}  // namespace

Result<StageList> ParseStages(bson::View stages, const ParseContext& context) {
  if (context.depth > kSubPipelineDepthMax) {
    return Status(ErrorCode::kMaxSubPipelineDepthExceeded,
                  "Maximum number of nested sub-pipelines exceeded. Limit is " +
                      std::to_string(kSubPipelineDepthMax));
  }
  size_t count = 0;
  for ([[maybe_unused]] const bson::Element& element : stages) ++count;
  if (count > kStagesMax) {
    return Status(ErrorCode::kLocation7749501, "Pipeline length must be no longer than " +
                                                   std::to_string(kStagesMax) + " stages");
  }
  StageList parsed;
  std::vector<const StageRow*> rows;
  for (const bson::Element& element : stages) {
    CAIRN_TRY_ASSIGN(const StageRow* row, ParseStage(element.value, context, &parsed));
    rows.push_back(row);
  }
  for (size_t i = 0; i < rows.size(); ++i) CAIRN_TRY(CheckPlace(*rows[i], i, count, context));
  return parsed;
}

}  // namespace cairn::pipeline
