// SPDX-License-Identifier: Apache-2.0
// What the array operators share: an array written element by element into a room, and the error
// for a field that is no array. One thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/update/operator.h"

namespace cairn::update {

class ArrayWriter {
 public:
  /// Takes over what `room` has allocated, until Finish.
  explicit ArrayWriter(std::string* room) : room_(room), builder_(std::move(*room)) {}

  void Append(bson::Value value) { builder_.Append(builder_.NextIndex(), value); }
  /// The change that sets the field to the array, whose bytes are then in the room.
  Change Finish() {
    *room_ = builder_.Finish().TakeBytes();
    return Change{Change::Kind::kSet, bson::Value(bson::Type::kArray, room_->data())};
  }

 private:
  std::string* const room_;
  bson::Builder builder_;
};

inline Status NotAnArray(ErrorCode code, std::string_view operator_name,
                         const path::FieldPath& path, bson::Type type) {
  return Status(code, "Cannot apply " + std::string(operator_name) +
                          " to a non-array value: the field '" + path.dotted() +
                          "' must be an array but is of type " + std::string(bson::TypeName(type)));
}

}  // namespace cairn::update
