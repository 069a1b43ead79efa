// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/stage.h"

#include <utility>

#include "engine/base/try.h"

namespace cairn::pipeline {

Result<bool> TransformStage::Next() {
  CAIRN_TRY_ASSIGN(const bool more, Pull());
  if (!more) return false;
  bson::Builder builder(std::move(bytes_));
  CAIRN_TRY(Apply(input_->document(), &builder));
  bytes_ = builder.Finish().TakeBytes();
  document_ = bson::View(bytes_.data());
  return true;
}

}  // namespace cairn::pipeline
