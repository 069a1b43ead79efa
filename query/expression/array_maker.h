// SPDX-License-Identifier: Apache-2.0
// An array that an expression makes, within the memory of one evaluation. Not thread-safe.
#pragma once

#include "engine/base/deadline.h"
#include "query/expression/scratch.h"

namespace cairn::expression {

class ArrayMaker {
 public:
  /// A missing value becomes null. Errors: ExceededMemoryLimit, and those of the deadline.
  Status Append(bson::Value value) {
    if (builder_.size() + value.size() > kScratchBytesMax) {
      return Status(ErrorCode::kExceededMemoryLimit, "an expression makes too large an array");
    }
    if (++made_ % kMadeBetweenChecks == 0) {
      if (Status status = base::Deadline::CheckRunning(); !status.ok()) return status;
    }
    builder_.Append(builder_.NextIndex(), value.missing() ? Scratch::Null() : value);
    return Status::Ok();
  }
  /// The array; the maker is then empty. Error: ExceededMemoryLimit.
  Result<bson::Value> Finish(Scratch* scratch) { return scratch->Array(builder_.Finish()); }

 private:
  static constexpr size_t kMadeBetweenChecks = 1024;
  bson::Builder builder_;
  size_t made_ = 0;
};

}  // namespace cairn::expression
