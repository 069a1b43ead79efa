// SPDX-License-Identifier: Apache-2.0
#include "query/pipeline/stage.h"

#include <utility>

#include "engine/base/try.h"

namespace cairn::pipeline {
namespace {

/// Documents from here on are asked about one by one whether there is time left for them.
constexpr size_t kLargeBytes = size_t{1} << 20;

}  // namespace

void AppendSpills(const exec::Spills& spills, bson::Builder* out) {
  out->AppendBool("usedDisk", spills.count > 0);
  out->AppendInt64("spills", static_cast<int64_t>(spills.count));
  out->AppendInt64("spilledDataStorageSize", static_cast<int64_t>(spills.bytes));
}

Result<bool> TransformStage::Next() {
  CAIRN_TRY_ASSIGN(const bool more, Pull());
  if (!more) return false;
  bson::Builder builder(std::move(bytes_));
  CAIRN_TRY(Apply(input_->document(), &builder));
  bytes_ = builder.Finish().TakeBytes();
  if (bytes_.size() >= kLargeBytes) CAIRN_TRY(run_->deadline.Check());
  document_ = bson::View(bytes_.data());
  return true;
}

}  // namespace cairn::pipeline
