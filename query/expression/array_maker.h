// SPDX-License-Identifier: Apache-2.0
// An array that an expression makes, within the memory of one evaluation. Not thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/deadline.h"
#include "engine/base/try.h"
#include "query/expression/scratch.h"

namespace cairn::expression {

class ArrayMaker {
 public:
  /// A missing value becomes null. Errors: ExceededMemoryLimit, and those of the deadline.
  Status Append(bson::Value value) {
    CAIRN_TRY(MakeRoom(value.size()));
    builder_.Append(builder_.NextIndex(), value.missing() ? Scratch::Null() : value);
    return Status::Ok();
  }
  /// The same for a string.
  Status AppendString(std::string_view value) {
    CAIRN_TRY(MakeRoom(value.size()));
    builder_.AppendString(builder_.NextIndex(), value);
    return Status::Ok();
  }
  /// Error ExceededMemoryLimit if so many values of `bytes` each would not fit anyway.
  static Status Expect(uint64_t values, size_t bytes) {
    constexpr size_t kTypeAndName = 3;  // At least.
    return values > kScratchBytesMax / (bytes + kTypeAndName) ? TooLarge() : Status::Ok();
  }
  /// The array; the maker is then empty. Error: ExceededMemoryLimit.
  Result<bson::Value> Finish(Scratch* scratch) { return scratch->Array(builder_.Finish()); }

 private:
  static Status TooLarge() {
    return Status(ErrorCode::kExceededMemoryLimit, "an expression makes too large an array");
  }
  Status MakeRoom(size_t bytes) {
    if (builder_.size() + bytes > kScratchBytesMax) return TooLarge();
    return pace_.Step();
  }

  bson::Builder builder_;
  base::Pace<1024> pace_;
};

}  // namespace cairn::expression
