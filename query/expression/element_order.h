// SPDX-License-Identifier: Apache-2.0
// The order of an array's elements that $push and $sortArray take: of whole elements, or of fields
// in them. Thread safety: immutable after Parse; any thread.
#pragma once

#include <vector>

#include "cairn/bson.h"
#include "engine/collation/collator.h"
#include "query/path/field_path.h"

namespace cairn::expression {

class ElementOrder {
 public:
  /// ±1, or {path: ±1, …}. Error: BadValue.
  static Result<ElementOrder> Parse(bson::Value value);

  /// Equal elements keep their order. Fields are looked for in documents, and in arrays by
  /// position only; where there is none they are null. Errors: those of the thread's deadline.
  Status Sort(const collation::Collator* collator, std::vector<bson::Value>* values) const;

 private:
  struct Key {
    path::FieldPath path;
    bool descending = false;
  };
  bool whole_descending_ = false;
  std::vector<Key> keys_;  // Empty: whole elements.
};

}  // namespace cairn::expression
