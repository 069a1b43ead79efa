// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/match.h"

#include "engine/base/try.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {

Result<bool> MatchStage::Next() {
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) return false;
    document_ = input_->document();
    CAIRN_TRY_ASSIGN(const bool matches, matcher_.Matches(document_));
    if (matches) return true;
  }
}

Status ParseMatch(bson::Value spec, const ParseContext& context, StageList* stages) {
  if (spec.type() != bson::Type::kDocument) {
    return Status(ErrorCode::kLocation15959, "the match filter must be an expression in an object");
  }
  CAIRN_TRY_ASSIGN(auto matcher, match::Matcher::Parse(spec.AsView(), context.globals));
  stages->push_back(std::make_unique<MatchStage>(std::move(matcher)));
  return Status::Ok();
}

}  // namespace cairn::pipeline
