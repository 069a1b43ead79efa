// SPDX-License-Identifier: Apache-2.0
// A document that is put together from fields of others, where a later field of the same name
// takes the place of the earlier. Not thread-safe.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/deadline.h"
#include "engine/base/try.h"
#include "query/expression/scratch.h"

namespace cairn::expression {

class FieldList {
 public:
  /// Borrows both. Errors: those of the deadline.
  Status Set(std::string_view name, bson::Value value) {
    const auto [at, is_new] = positions_.try_emplace(name, fields_.size());
    if (is_new) {
      fields_.push_back({name, value});
    } else {
      fields_[at->second].value = value;
    }
    return pace_.Step();
  }

  /// Errors: ExceededMemoryLimit, and those of the deadline.
  Result<bson::Value> AsDocument(Scratch* scratch) {
    bson::Builder builder;
    for (const bson::Element& field : fields_) {
      if (builder.size() + field.value.size() > kScratchBytesMax) {
        return Status(ErrorCode::kExceededMemoryLimit, "an expression makes too large an object");
      }
      CAIRN_TRY(pace_.Step());
      builder.Append(field.name, field.value);
    }
    return scratch->Document(builder.Finish());
  }

 private:
  std::vector<bson::Element> fields_;
  std::unordered_map<std::string_view, size_t> positions_;
  base::Pace<1024> pace_;
};

}  // namespace cairn::expression
