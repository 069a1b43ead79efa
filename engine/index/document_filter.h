// SPDX-License-Identifier: Apache-2.0
// Whether a partial index takes a document. The language of filters belongs to a higher layer, so
// the store is given a compiler when it is opened. Thread safety: a DocumentFilter is immutable.
#pragma once

#include <memory>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/collation/collator.h"

namespace cairn::index {

class DocumentFilter {
 public:
  virtual ~DocumentFilter() = default;
  /// Errors: those of the filter's operators on this document.
  virtual Result<bool> Matches(bson::View document) const = 0;
};

using DocumentFilterPtr = std::shared_ptr<const DocumentFilter>;

/// From a partialFilterExpression and the index's collator, by which strings compare; null: by
/// their bytes. Errors: CannotCreateIndex for what such an expression may not hold, and those of a
/// filter.
using FilterCompiler = Result<DocumentFilterPtr> (*)(
    bson::View expression, const std::shared_ptr<const collation::Collator>& collator);

}  // namespace cairn::index
