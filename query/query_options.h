// SPDX-License-Identifier: Apache-2.0
// From the options of a read to a query that can run. Thread safety: free functions.
#pragma once

#include <optional>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/options.h"
#include "query/exec/query.h"
#include "query/exec/read_context.h"
#include "query/globals.h"

namespace cairn {

/// Empty for a projection that changes nothing.
Result<std::optional<project::Projection>> ParseProjection(bson::View projection,
                                                           const expression::Globals& globals);

/// Errors: those of the parts, and BadValue for a negative number. Borrows the hint.
/// `collection` may be null.
Result<exec::Query> ParseQuery(bson::View filter, const FindOptions& options,
                               const catalog::Collection* collection);

/// The query settings of a find; {}: none. Errors: QueryRejectedBySettings.
Result<bson::Document> SettingsOf(const exec::Environment& environment, std::string_view database,
                                  std::string_view collection, bson::View filter,
                                  const FindOptions& options);

/// What a find on a view is: the stages behind those of the view, an array, and their options.
bson::Document StagesOf(bson::View filter, const FindOptions& options);
AggregateOptions AggregationOf(const FindOptions& options);

}  // namespace cairn
