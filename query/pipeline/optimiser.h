// SPDX-License-Identifier: Apache-2.0
// Changes a pipeline into one that gives the same and does less: stages that leave documents out
// move to the front, where a query takes them in; neighbours that can be one become one; stages
// that nobody needs go. Free functions; any thread.
#pragma once

#include "query/expression/scope.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

/// Rewrites `stages`, which were parsed with `globals`.
void Optimise(const expression::Globals& globals, StageList* stages);

/// Tells each $sort that a $limit follows how many documents are wanted.
void LimitSorts(StageList* stages);

}  // namespace cairn::pipeline
