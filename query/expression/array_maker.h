// SPDX-License-Identifier: Apache-2.0
// An array that an expression makes, within the memory of one evaluation. Not thread-safe.
#pragma once

#include "query/expression/scratch.h"

namespace cairn::expression {

class ArrayMaker {
 public:
  /// A missing value becomes null. Error: ExceededMemoryLimit.
  Status Append(bson::Value value) {
    if (builder_.size() + value.size() > kScratchBytesMax) {
      return Status(ErrorCode::kExceededMemoryLimit, "an expression makes too large an array");
    }
    builder_.Append(builder_.NextIndex(), value.missing() ? Scratch::Null() : value);
    return Status::Ok();
  }
  /// The array; the maker is then empty. Error: ExceededMemoryLimit.
  Result<bson::Value> Finish(Scratch* scratch) { return scratch->Array(builder_.Finish()); }

 private:
  bson::Builder builder_;
};

}  // namespace cairn::expression
