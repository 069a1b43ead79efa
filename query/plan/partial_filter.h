// SPDX-License-Identifier: Apache-2.0
// Partial indexes: the filter that says which documents an index takes, and whether a query's
// matches are all among them. Thread safety: free functions, any thread.
#pragma once

#include <memory>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/collation/collator.h"
#include "engine/index/document_filter.h"
#include "query/match/expression.h"
#include "query/match/matcher.h"

namespace cairn::plan {

/// An index::FilterCompiler. Such a filter is made of equalities, ranges, $in, $exists: true,
/// $type, $and and $or. Errors: CannotCreateIndex for other operators, QueryFeatureNotAllowed for
/// $expr, and those of match::Matcher::Parse.
Result<index::DocumentFilterPtr> CompilePartialFilter(
    bson::View expression, const std::shared_ptr<const collation::Collator>& collator);

/// The tree of such a filter. Strings compare by the index's collator; null: by their bytes.
Result<match::Matcher> ParsePartialFilter(bson::View expression,
                                          std::shared_ptr<const collation::Collator> collator);

/// Whether every document that matches `query` surely matches `filter`, the tree of a partial
/// index's filter; `collator` is of both. May say no too often.
bool Implies(const match::Expression& query, const match::Expression& filter,
             const collation::Collator* collator);

}  // namespace cairn::plan
