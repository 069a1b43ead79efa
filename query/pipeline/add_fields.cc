// SPDX-License-Identifier: Apache-2.0
// $addFields and $set: {path: expression, …}.
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/pipeline/stages.h"
#include "query/project/added_fields.h"

namespace cairn::pipeline {
namespace {

class AddFieldsStage final : public TransformStage {
 public:
  explicit AddFieldsStage(project::AddedFields fields) : fields_(std::move(fields)) {}
  Status Apply(bson::View document, bson::Builder* out) const override {
    return fields_.Apply(document, out);
  }
  bool AddDependencies(expression::Dependencies* dependencies) const override {
    fields_.AddDependencies(dependencies);
    return true;
  }
  bool Makes(std::string_view name) const override { return fields_.Makes(name); }
  std::optional<path::FieldPath> PathBefore(const path::FieldPath& path) const override {
    return fields_.Origin(path);
  }
  bool IsOneToOne() const override { return true; }

 private:
  const project::AddedFields fields_;
};

Status Parse(std::string_view name, bson::Value spec, const ParseContext& context,
             StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation40272, std::string(name) +
                                                 " specification stage must be an object, got " +
                                                 std::string(bson::TypeName(spec.type())));
  }
  CAIRN_TRY_ASSIGN(auto fields, project::AddedFields::Parse(spec.AsView(), context.globals));
  stages->push_back(std::make_unique<AddFieldsStage>(std::move(fields)));
  return Status::Ok();
}

}  // namespace

Status ParseAddFields(bson::Value spec, const ParseContext& context, StageList* stages) {
  return Parse("$addFields", spec, context, stages);
}

Status ParseSet(bson::Value spec, const ParseContext& context, StageList* stages) {
  return Parse("$set", spec, context, stages);
}

}  // namespace cairn::pipeline
