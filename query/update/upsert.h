// SPDX-License-Identifier: Apache-2.0
// The document that a filter's equalities describe: where an upsert begins. Free functions; any
// thread.
#pragma once

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/match/expression.h"

namespace cairn::update {

/// {path: value…} of every equality that must hold: $eq and $in with one value, at the top or in
/// $and. Dotted paths become nested documents. Errors: NotSingleValueField when a path is given
/// twice or lies within another, and those of ParsePath.
Result<bson::Document> DocumentFromEqualities(const match::Expression& filter);

/// The value that the filter gives _id, or a missing value. Errors: NotSingleValueField for two,
/// NotExactValueField for a part of _id alone.
Result<bson::Value> IdFromEqualities(const match::Expression& filter);

/// `document` with _id in front, made up when there is none. Errors: InvalidIdField for an _id of a
/// type that is not allowed, DollarPrefixedFieldName for an _id with such a field.
Result<bson::Document> WithIdInFront(bson::View document);

}  // namespace cairn::update
