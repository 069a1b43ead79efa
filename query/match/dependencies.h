// SPDX-License-Identifier: Apache-2.0
// What a filter reads of a document. Free functions; any thread.
#pragma once

#include "query/expression/expression.h"
#include "query/match/expression.h"

namespace cairn::match {

/// Adds the paths that `filter` may read, or all of the document.
void AddDependencies(const Expression& filter, expression::Dependencies* dependencies);

}  // namespace cairn::match
