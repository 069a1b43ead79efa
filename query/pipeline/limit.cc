// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/limit.h"

#include <optional>
#include <string>

#include "engine/base/try.h"
#include "engine/bson/number.h"
#include "query/pipeline/stages.h"

namespace cairn::pipeline {
namespace {

// A number that is an integer of 64 bits and not negative.
Result<int64_t> ParseCountOf(std::string_view name, ErrorCode code, bson::Value value) {
  std::optional<int64_t> number;
  if (value.IsNumber()) number = bson::ToInt64Exact(bson::Number::From(value));
  if (number && *number >= 0) return *number;
  return Status(code, "invalid argument to " + std::string(name) +
                          " stage: expected a non-negative integer of at most 64 bits");
}

}  // namespace

Result<bool> LimitStage::Next() {
  if (given_ == limit_) return false;
  CAIRN_TRY_ASSIGN(const bool more, Pull());
  if (!more) return false;
  ++given_;
  document_ = input_->document();
  return true;
}

Result<bool> SkipStage::Next() {
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) return false;
    if (skipped_ == skip_) break;
    ++skipped_;
  }
  document_ = input_->document();
  return true;
}

Status ParseLimit(bson::Value spec, const ParseContext&, StageList* stages) {
  CAIRN_TRY_ASSIGN(const int64_t limit, ParseCountOf("$limit", ErrorCode::kLocation5107201, spec));
  if (limit == 0) return Status(ErrorCode::kLocation15958, "the limit must be positive");
  stages->push_back(std::make_unique<LimitStage>(limit));
  return Status::Ok();
}

Status ParseSkip(bson::Value spec, const ParseContext&, StageList* stages) {
  CAIRN_TRY_ASSIGN(const int64_t skip, ParseCountOf("$skip", ErrorCode::kLocation5107200, spec));
  stages->push_back(std::make_unique<SkipStage>(skip));
  return Status::Ok();
}

}  // namespace cairn::pipeline
