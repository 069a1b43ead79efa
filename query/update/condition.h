// SPDX-License-Identifier: Apache-2.0
// Filters inside updates: conditions of $pull, and array filters. Any thread.
#pragma once

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/match/matcher.h"

namespace cairn::update {

/// As Matcher::Parse, without what MongoDB refuses there. Errors: BadValue for $text and $where,
/// QueryFeatureNotAllowed for $expr, Location5626500 for $near and its kin.
Result<match::Matcher> ParseCondition(bson::View filter, const expression::Globals& globals);

}  // namespace cairn::update
