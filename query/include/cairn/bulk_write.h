// SPDX-License-Identifier: Apache-2.0
// Several writes in one call: parameters and results. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "cairn/bson.h"
#include "cairn/options.h"

namespace cairn {

/// One write of a BulkWrite. Borrows its documents.
struct WriteModel {
  enum class Kind { kInsertOne, kUpdateOne, kUpdateMany, kReplaceOne, kDeleteOne, kDeleteMany };
  Kind kind = Kind::kInsertOne;
  bson::View filter = {};      ///< Which documents; not of an insert.
  bson::View document = {};    ///< To insert, the replacement, or the update; not of a delete.
  UpdateOptions options = {};  ///< As of the single operation, but for the durability.
};

struct BulkWriteOptions : WriteOptions {
  bool ordered = true;             ///< Stop at the first write that fails, or try the rest.
  bool bypass_validation = false;  ///< Write also what the collection's validator refuses.
};

struct BulkWriteResult {
  int64_t inserted = 0;
  int64_t matched = 0;
  int64_t modified = 0;
  int64_t deleted = 0;
  std::vector<std::pair<size_t, bson::OwnedValue>> upserted_ids;  ///< By position in the input.
  std::vector<WriteError> errors;                                 ///< By ascending index.
  CommitNumber commit = 0;                                        ///< The last one.
};

}  // namespace cairn
