// SPDX-License-Identifier: Apache-2.0
// Changes a pipeline into one that gives the same and does less. Free functions; any thread.
#pragma once

#include "query/expression/scope.h"
#include "query/pipeline/stage.h"

namespace cairn::pipeline {

/// Moves each $match, or those of its fields for which that is possible, as far to the front as it
/// gives the same there, and makes neighbours one.
void Optimise(const expression::Globals& globals, StageList* stages);

/// Tells each $sort that a $limit follows how many documents are wanted.
void LimitSorts(const StageList& stages);

}  // namespace cairn::pipeline
