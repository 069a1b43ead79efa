// SPDX-License-Identifier: Apache-2.0
// $unionWith: behind the documents of its input come those of another collection, or of a pipeline
// over it.
#include <optional>
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/pipeline/stages.h"
#include "query/pipeline/sub_pipeline.h"

namespace cairn::pipeline {
namespace {

class UnionWithStage final : public Stage {
 public:
  UnionWithStage(SubPipeline other, const expression::Globals& globals)
      : other_(std::move(other)), globals_(globals) {}

  Result<bool> Next() override {
    if (pipeline_ == nullptr) {
      CAIRN_TRY_ASSIGN(const bool more, Pull());
      if (more) {
        document_ = input_->document();
        return true;
      }
      CAIRN_TRY_ASSIGN(pipeline_, other_.Open(run_, globals_));
    }
    CAIRN_TRY(run_->Tick());
    CAIRN_TRY_ASSIGN(const bool more, pipeline_->Next());
    if (more) document_ = pipeline_->document();
    return more;
  }
  void Pause() override {
    if (pipeline_ != nullptr) {
      pipeline_->Pause();
    } else {
      Stage::Pause();
    }
  }

 private:
  const SubPipeline other_;
  const expression::Globals globals_;
  std::unique_ptr<Pipeline> pipeline_;  // Null as long as the input gives documents.
};

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
