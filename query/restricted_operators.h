// SPDX-License-Identifier: Apache-2.0
// Operators that a filter apart from a query on a collection cannot have. Any thread.
#pragma once

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn {

/// Errors: BadValue for $where and $text, Location5626500 for $near and its kind, wherever the
/// filter can have an operator.
Status CheckRestrictedOperators(bson::View filter);

}  // namespace cairn
