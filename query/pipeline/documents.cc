// SPDX-License-Identifier: Apache-2.0
// $documents: an expression whose value, an array of documents, stands for a collection.
#include <string>
#include <utility>

#include "engine/base/try.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

class DocumentsStage final : public Stage {
 public:
  explicit DocumentsStage(bson::Document documents)
      : documents_(std::move(documents)), next_(documents_.view().begin()) {}

  Status Open(RunContext* run, Stage* input) override {
    next_ = documents_.view().begin();
    return Stage::Open(run, input);
  }
  bool MakesDocuments() const override { return true; }
  Result<bool> Next() override {
    CAIRN_TRY(run_->Tick());
    if (next_ == documents_.view().end()) return false;
    document_ = next_->value.AsView();
    ++next_;
    return true;
  }

 private:
  const bson::Document documents_;
  bson::View::Iterator next_;
};

}  // namespace

Status ParseDocuments(bson::Value spec, const ParseContext& context, StageList* stages) {
  CAIRN_TRY_ASSIGN(const auto parsed, expression::Parse(spec, context.globals));
  expression::Scratch scratch;
  CAIRN_TRY_ASSIGN(const bson::Value value,
                   parsed->Evaluate({bson::View(), &scratch, context.globals.collator.get()}));
  if (value.type() != bson::Type::kArray) {
    return Status(ErrorCode::kLocation5858203,
                  "an array is expected, but got " + std::string(bson::TypeName(value.type())));
  }
  for (const bson::Element& element : value.AsView()) {
    if (element.value.type() == bson::Type::kDocument) continue;
    return Status(ErrorCode::kLocation40228,
                  "every element of $documents must be an object, but one has the type " +
                      std::string(bson::TypeName(element.value.type())));
  }
  stages->push_back(std::make_unique<DocumentsStage>(bson::Document(value.AsView())));
  return Status::Ok();
}

}  // namespace cairn::pipeline
