// SPDX-License-Identifier: Apache-2.0
// $unset: a field, or an array of fields, to leave out: an excluding $project.
#include <algorithm>

#include "engine/base/try.h"
#include "query/path/field_path.h"
#include "query/pipeline/project.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

Status Exclude(bson::Value field, bson::Builder* exclusion) {
  if (field.type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation31120,
                  "$unset specification must be a string or an array containing only string "
                  "values");
  }
  if (field.AsString().find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation9527900, "FieldPath field names may not contain '\\0'.");
  }
  if (std::ranges::count(field.AsString(), '.') >= static_cast<ptrdiff_t>(path::kPathPartsMax)) {
    return Status(ErrorCode::kOverflow, "a field path has too many parts");
  }
  exclusion->AppendInt32(field.AsString(), 0);
  return Status::Ok();
}

}  // namespace

Status ParseUnset(bson::Value spec, const ParseContext& context, StageList* stages) {
  bson::Builder fields;
  if (spec.type() == bson::Type::kString) {
    CAIRN_TRY(Exclude(spec, &fields));
  } else if (spec.type() != bson::Type::kArray) {
    return Status(ErrorCode::kLocation31002, "$unset specification must be a string or an array");
  } else if (spec.AsView().empty()) {
    return Status(ErrorCode::kLocation31119,
                  "$unset specification must be a string or an array with at least one field");
  } else {
    for (const bson::Element& element : spec.AsView()) CAIRN_TRY(Exclude(element.value, &fields));
  }
  const bson::Document exclusion = fields.Finish();
  CAIRN_TRY_ASSIGN(auto projection, project::Projection::Parse(exclusion, context.globals));
  stages->push_back(std::make_unique<ProjectStage>(std::move(projection)));
  bson::Builder source;
  source.AppendDocument("$project", exclusion);
  stages->back()->set_source(source.Finish());
  return Status::Ok();
}

}  // namespace cairn::pipeline
