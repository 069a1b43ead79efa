// SPDX-License-Identifier: Apache-2.0
// $replaceRoot: {newRoot: expression}, and $replaceWith: expression.
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

class ReplaceRootStage final : public TransformStage {
 public:
  ReplaceRootStage(expression::ExpressionPtr root,
                   std::shared_ptr<const collation::Collator> collator)
      : root_(std::move(root)), collator_(std::move(collator)) {}

  Status Apply(bson::View document, bson::Builder* out) const override {
    expression::Scratch scratch;
    CAIRN_TRY_ASSIGN(const bson::Value value,
                     root_->Evaluate({document, &scratch, collator_.get()}));
    if (value.type() != bson::Type::kDocument) {
      return Status(ErrorCode::kLocation40228,
                    "the expression of the new root must evaluate to an object, but has the type " +
                        std::string(bson::TypeName(value.type())));
    }
    out->AppendAll(value.AsView());
    return Status::Ok();
  }

  bool IsOneToOne() const override { return true; }
  bool AddDependencies(expression::Dependencies* dependencies) const override {
    root_->AddDependencies(dependencies);
    return false;
  }

 private:
  const expression::ExpressionPtr root_;
  const std::shared_ptr<const collation::Collator> collator_;
};

}  // namespace

Status ParseReplaceWith(bson::Value spec, const ParseContext& context, StageList* stages) {
  CAIRN_TRY_ASSIGN(auto root, expression::Parse(spec, context.globals));
  stages->push_back(std::make_unique<ReplaceRootStage>(std::move(root), context.globals.collator));
  bson::Builder source;
  source.OpenDocument("$replaceRoot").Append("newRoot", spec).Close();
  stages->back()->set_source(source.Finish());
  return Status::Ok();
}

Status ParseReplaceRoot(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation40229,
                  "expected an object as specification for $replaceRoot");
  }
  bson::Value root;
  for (const bson::Element& field : spec.AsView()) {
    if (field.name != "newRoot") {
      return Status(ErrorCode::kLocation40230,
                    "unrecognized option to $replaceRoot stage: " + std::string(field.name));
    }
    root = field.value;
  }
  if (root.missing()) {
    return Status(ErrorCode::kLocation40231, "no newRoot specified for the $replaceRoot stage");
  }
  return ParseReplaceWith(root, context, stages);
}

}  // namespace cairn::pipeline
