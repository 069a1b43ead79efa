// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/join.h"

#include "engine/base/try.h"
#include "engine/collation/collator.h"
#include "engine/key/encoding.h"
#include "query/pipeline/equality.h"

namespace cairn::pipeline {

std::string JoinKey(bson::Value value, const collation::Collator* collator) {
  std::string key;
  key::AppendValue(collation::Collated(value, collator).value(), key::Direction::kAscending, &key);
  return key;
}

Status JoinStage::SetValues(const std::vector<bson::Value>& values) {
  filter_ = AnyOf(path_.dotted(), values);
  keys_.clear();
  for (bson::Value value : values) keys_.push_back(JoinKey(value, globals_->collator.get()));
  matcher_.reset();
  return Status::Ok();
}

Result<bool> JoinStage::Next() {
  if (!matcher_) {
    CAIRN_TRY_ASSIGN(matcher_, match::Matcher::Parse(filter_, *globals_));
  }
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, Pull());
    if (!more) return false;
    document_ = input_->document();
    CAIRN_TRY_ASSIGN(const bool matches, matcher_->Matches(document_));
    if (matches) return true;
  }
}

}  // namespace cairn::pipeline
