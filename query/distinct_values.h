// SPDX-License-Identifier: Apache-2.0
// Collects the distinct values of a path; gives them in the order of
// collation::CompareValues, as MongoDB does. Of equal values the first stays. Thread safety:
// belongs to one thread.
#pragma once

#include <memory>
#include <string>
#include <unordered_set>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/collation/collator.h"
#include "query/path/path.h"

namespace cairn {

class DistinctValues {
 public:
  /// `collator`: of strings; null: by their bytes.
  DistinctValues(path::FieldPath path, std::shared_ptr<const collation::Collator> collator)
      : path_(std::move(path)), collator_(std::move(collator)) {}

  /// Adds the values of a document; arrays are opened once. Error Location17217 when the result
  /// exceeds a document's size.
  Status AddFrom(bson::View document);
  /// The values as a BSON array, sorted.
  bson::Document Finish();

 private:
  void Add(bson::Value value);

  const path::FieldPath path_;
  const std::shared_ptr<const collation::Collator> collator_;
  std::unordered_set<std::string> seen_;  // Encoded: equal values have equal keys.
  std::string key_;
  bson::Builder values_;
};

}  // namespace cairn
