// SPDX-License-Identifier: Apache-2.0
// The body of ForEachValue (query/path/path.h, which includes this file).
//
// An array on the way is opened: every element that is a document is walked with the parts that are
// left; when the next part is a number, the element at that position is also taken by itself, after
// the walk above. An element that is reached by position at the very end is visited as it is: an
// array there is not opened. Elements that are neither are passed over without a "missing".
//
// Both ways through one element can meet again below it. Work stays polynomial because the walk
// remembers, once there were kForksRemembered such forks, where it has been; repeated values are
// then left out, which no filter can notice.
#pragma once

#include <cstddef>
#include <set>
#include <type_traits>
#include <utility>

#include "cairn/bson.h"
#include "query/path/field_path.h"

namespace cairn::path::internal {

inline constexpr size_t kForksRemembered = 64;

template <typename Visit>
class Walk {
 public:
  Walk(const FieldPath& path, bool leaf_array, Visit& visit)
      : path_(path), leaf_array_(leaf_array), visit_(visit) {}

  bool Document(bson::View document, size_t part) {
    for (;; ++part) {
      const bson::Value value = document.Find(path_.part(part));
      if (part + 1 == path_.size()) return Leaf(value);
      if (value.type() == bson::Type::kArray) return Array(value.AsView(), part + 1);
      if (value.type() != bson::Type::kDocument) return Visited(bson::Value());
      document = value.AsView();
    }
  }

  bool Leaf(bson::Value value) {
    if (leaf_array_ && value.type() == bson::Type::kArray) {
      const int64_t outer = position_;
      int64_t position = 0;
      for (const bson::Element& element : value.AsView()) {
        if (outer == kNoPosition) position_ = position++;
        if (Visited(element.value)) return true;
      }
      position_ = outer;
    }
    return Visited(value);
  }

 private:
  bool Visited(bson::Value value) {
    if constexpr (std::is_invocable_v<Visit&, bson::Value, int64_t>) {
      return visit_(value, position_);
    } else {
      return visit_(value);
    }
  }

  bool Array(bson::View array, size_t part) {
    const int64_t wanted = path_.index(part);
    const int64_t outer = position_;
    int64_t position = 0;
    for (const bson::Element& element : array) {
      const bool is_wanted = position == wanted;
      if (outer == kNoPosition) position_ = position;
      ++position;
      if (element.value.type() == bson::Type::kDocument) {
        if (is_wanted && !Enter(element.value, part)) continue;
        if (Document(element.value.AsView(), part)) return true;
      }
      if (is_wanted && Position(element.value, part, outer)) return true;
    }
    position_ = outer;
    return false;
  }

  // `value` is the element that the numeric part `part` names; `outer` was the position before.
  bool Position(bson::Value value, size_t part, int64_t outer) {
    if (part + 1 == path_.size()) return Visited(value);
    position_ = outer;
    if (value.type() == bson::Type::kDocument) return Document(value.AsView(), part + 1);
    if (value.type() == bson::Type::kArray) return Array(value.AsView(), part + 1);
    return false;
  }

  // False when the walk forked at this value and part before.
  bool Enter(bson::Value value, size_t part) {
    if (forks_ < kForksRemembered) {
      ++forks_;
      return true;
    }
    return seen_.emplace(value.payload(), part).second;
  }

  const FieldPath& path_;
  const bool leaf_array_;
  Visit& visit_;
  int64_t position_ = kNoPosition;
  size_t forks_ = 0;
  std::set<std::pair<const char*, size_t>> seen_;
};

}  // namespace cairn::path::internal

namespace cairn::path {

template <typename Visit>
bool ForEachValue(bson::View document, const FieldPath& path, bool leaf_array, Visit&& visit) {
  if (path.size() == 1) [[likely]] {
    const bson::Value value = document.Find(path.dotted());
    if (value.type() != bson::Type::kArray || !leaf_array) {
      if constexpr (std::is_invocable_v<Visit&, bson::Value, int64_t>) {
        return visit(value, kNoPosition);
      } else {
        return visit(value);
      }
    }
  }
  internal::Walk<std::remove_reference_t<Visit>> walk(path, leaf_array, visit);
  return walk.Document(document, 0);
}

}  // namespace cairn::path
