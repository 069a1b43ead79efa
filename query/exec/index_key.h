// SPDX-License-Identifier: Apache-2.0
// Which key of an index led to a document: what find's returnKey shows. Belongs to its Execution.
#pragma once

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/catalog/collection.h"
#include "engine/index/key_generator.h"
#include "query/plan/plan.h"

namespace cairn::exec {

class IndexKey {
 public:
  /// Copies what it needs of `index`; borrows `scan`, the walk through it.
  IndexKey(const catalog::IndexSpec& index, const plan::IndexScan* scan);

  /// The values of the key of `document` that lies in the scan's bounds, by the fields of the key
  /// pattern. Errors: those of KeyGenerator.
  Result<bson::Document> Of(bson::View document);

 private:
  bool InBounds(std::string_view fields) const;

  const index::KeyGenerator generator_;
  const plan::IndexScan* const scan_;
  index::KeySet keys_;
};

}  // namespace cairn::exec
