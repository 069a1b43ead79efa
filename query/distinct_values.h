// SPDX-License-Identifier: Apache-2.0
// Collects the distinct values of a path; gives them in the order of bson::Compare, as MongoDB
// does. Thread safety: belongs to one thread.
#pragma once

#include <string>
#include <unordered_set>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/path/path.h"

namespace cairn {

class DistinctValues {
 public:
  explicit DistinctValues(path::FieldPath path) : path_(std::move(path)) {}

  /// Adds the values of a document; arrays are opened once. Error Location17217 when the result
  /// exceeds a document's size.
  Status AddFrom(bson::View document);
  /// The values as a BSON array, sorted.
  bson::Document Finish();

 private:
  void Add(bson::Value value);

  const path::FieldPath path_;
  std::unordered_set<std::string> seen_;  // Encoded: equal values have equal keys.
  std::string key_;
  bson::Builder values_;
};

}  // namespace cairn
