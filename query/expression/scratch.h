// SPDX-License-Identifier: Apache-2.0
// Memory for the values that expressions make while one document is evaluated. Not thread-safe.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "cairn/work_memory.h"
#include "engine/bson/number.h"

namespace cairn::expression {

/// What one evaluation may make altogether.
inline constexpr size_t kScratchBytesMax = size_t{100} << 20;

/// Gives out values that live until Clear.
class Scratch {
 public:
  /// Forgets all values; keeps a little memory.
  void Clear();

  /// Errors: ExceededMemoryLimit beyond kScratchBytesMax, TemporarilyUnavailable when others leave
  /// too little memory.
  Result<bson::Value> Copy(bson::Type type, std::string_view payload);
  Result<bson::Value> Number(bson::Number number);
  Result<bson::Value> Int32(int32_t value);
  Result<bson::Value> Date(int64_t ms_since_epoch);
  Result<bson::Value> String(std::string_view value) { return Joined({&value, 1}); }
  /// The string that they are together.
  Result<bson::Value> Joined(std::span<const std::string_view> parts);
  Result<bson::Value> Document(bson::Document document) {
    return Keep(bson::Type::kDocument, std::move(document));
  }
  Result<bson::Value> Array(bson::Document array) {
    return Keep(bson::Type::kArray, std::move(array));
  }
  static bson::Value Bool(bool value) {
    return bson::Value(bson::Type::kBool, value ? "\1" : "\0");
  }
  static bson::Value Null() { return bson::Value(bson::Type::kNull, ""); }

 private:
  Result<bson::Value> Keep(bson::Type type, bson::Document made);
  /// Whether there is memory for so many bytes more.
  Status Count(size_t bytes);
  Result<char*> Room(size_t bytes);
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<bson::Document> kept_;  // Too large to be copied, or to be within the string.
  char* at_ = nullptr;
  size_t left_ = 0;
  size_t used_ = 0;
  MemoryShare share_{MemoryShare::Use::kPassing};
};

}  // namespace cairn::expression
