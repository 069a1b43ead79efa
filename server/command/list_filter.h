// SPDX-License-Identifier: Apache-2.0
// The filter of listCollections and listDatabases: equalities of top-level fields. Any thread.
#pragma once

#include "cairn/cairn.h"

namespace cairn::server {

/// Whether `document` has all the values of `filter`.
bool MatchesListFilter(bson::View filter, bson::View document);
/// Error NotImplemented for a filter with operators, regular expressions or dotted names.
Status CheckListFilter(bson::View filter);

}  // namespace cairn::server
