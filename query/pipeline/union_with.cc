// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/union_with.h"

#include <string>

#include "engine/base/try.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {

Result<bool> UnionWithStage::Next() {
  if (!in_other_) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (more) {
      document_ = input_->document();
      return true;
    }
    CAIRN_TRY_ASSIGN(pipeline_, other_.Make(run_, &globals_));
    CAIRN_TRY(pipeline_->Open());
    in_other_ = true;
  }
  CAIRN_TRY(run_->Tick());
  CAIRN_TRY_ASSIGN(const bool more, pipeline_->Next());
  if (more) document_ = pipeline_->document();
  return more;
}

void UnionWithStage::Pause() {
  if (in_other_) {
    pipeline_->Pause();
  } else {
    Stage::Pause();
  }
}

void UnionWithStage::Describe(Verbosity verbosity, bson::Builder* out) const {
  out->OpenDocument("$unionWith");
  if (!other_.collection().empty()) out->AppendString("coll", other_.collection());
  out->AppendArray("pipeline", other_.stages());
  if (pipeline_ != nullptr) pipeline_->Describe(verbosity, out);
  out->Close();
}

namespace {

Status CheckName(std::string_view name, std::string_view database) {
  if (!name.empty() && name[0] != '.' && name.find('\0') == std::string_view::npos) {
    return Status::Ok();
  }
  return Status(
      ErrorCode::kInvalidNamespace,
      "Invalid namespace specified '" + std::string(database) + "." + std::string(name) + "'");
}

Status WrongType(std::string_view field) {
  return Status(ErrorCode::kTypeMismatch,
                "BSON field '$unionWith." + std::string(field) + "' is the wrong type");
}

}  // namespace

Status ParseUnionWith(bson::Value spec, const ParseContext& context, StageList* stages) {
  bson::Value collection = spec;
  bson::Value pipeline;
  if (spec.type() == bson::Type::kDocument) {
    collection = bson::Value();
    for (const bson::Element& field : spec.AsView()) {
      if (field.name == "coll") {
        if (field.value.type() != bson::Type::kString) return WrongType("coll");
        collection = field.value;
      } else if (field.name == "pipeline") {
        if (field.value.type() != bson::Type::kArray) return WrongType("pipeline");
        pipeline = field.value;
      } else {
        return Status(
            ErrorCode::kLocation40415,
            "BSON field '$unionWith." + std::string(field.name) + "' is an unknown field.");
      }
    }
  } else if (spec.type() != bson::Type::kString) {
    return Status(ErrorCode::kFailedToParse,
                  "the $unionWith stage specification must be an object or string, but found " +
                      std::string(bson::TypeName(spec.type())));
  }
  const bool documents = BeginsWithDocuments(pipeline);
  if (collection.missing() && !documents) {
    return Status(ErrorCode::kFailedToParse,
                  "$unionWith stage without explicit collection must have a pipeline with "
                  "$documents as first stage");
  }
  std::string name;
  if (!collection.missing()) {
    name = collection.AsString();
    CAIRN_TRY(CheckName(name, context.database));
  }
  CAIRN_TRY_ASSIGN(auto other,
                   SubPipeline::Parse(context.database, name, pipeline, context, Place::kUnion));
  stages->push_back(std::make_unique<UnionWithStage>(std::move(other), context.globals));
  return Status::Ok();
}

}  // namespace cairn::pipeline
