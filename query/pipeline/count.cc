// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/count.h"

#include <cstdint>
#include <limits>
#include <string>

#include "engine/base/try.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
Result<bool> CountStage::Next() {
  if (ended_) return false;
  ended_ = true;
  auto count = static_cast<int64_t>(input_->TakeKnownRest());
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) break;
    ++count;
  }
  if (count == 0) return false;
  bson::Builder builder;
  if (!id_.value().missing()) builder.Append("_id", id_.value());
  if (count <= std::numeric_limits<int32_t>::max()) {
    builder.AppendInt32(name_, static_cast<int32_t>(count));
  } else {
    builder.AppendInt64(name_, count);
  }
  counted_ = builder.Finish();
  document_ = counted_;
  return true;
}

Status ParseCount(bson::Value spec, const ParseContext&, StageList* stages) {
  if (spec.type() != bson::Type::kString) {
    return Status(ErrorCode::kLocation40156, "the count field must be a non-empty string");
  }
  const std::string_view name = spec.AsString();
  if (name.empty()) {
    return Status(ErrorCode::kLocation40157, "the count field must be a non-empty string");
  }
  if (name[0] == '$') {
    return Status(ErrorCode::kLocation40158, "the count field cannot be a $-prefixed path");
  }
  if (name.find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation40159, "the count field cannot contain a null byte");
  }
  if (name.find('.') != std::string_view::npos) {
    return Status(ErrorCode::kLocation40160, "the count field cannot contain '.'");
  }
  if (name == "_id") {
    return Status(ErrorCode::kLocation9039800, "the count field cannot be '_id'");
  }
  stages->push_back(std::make_unique<CountStage>(name));
  return Status::Ok();
}

}  // namespace cairn::pipeline
