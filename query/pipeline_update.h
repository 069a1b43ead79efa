// SPDX-License-Identifier: Apache-2.0
// Updates that are pipelines: [{$set: …}, {$unset: …}, {$project: …}, {$replaceWith: …}]. Thread
// safety: immutable; any thread.
#pragma once

#include <memory>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/expression/scope.h"
#include "query/update/update.h"

namespace cairn {

/// The stages of an array. Errors: InvalidOptions for a stage that no update may have,
/// Location40324 for an unknown one, and those of each stage.
Result<update::Update> ParsePipelineUpdate(bson::View stages, const expression::Globals& globals);

}  // namespace cairn
