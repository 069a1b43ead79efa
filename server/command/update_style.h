// SPDX-License-Identifier: Apache-2.0
// What the update commands share: telling the three forms of an update apart, and their parameters
// hint and arrayFilters. Any thread.
#pragma once

#include <vector>

#include "cairn/cairn.h"
#include "server/command/invocation.h"
#include "server/command/parameters.h"

namespace cairn::server {

enum class UpdateStyle {
  kOperators,    ///< {$set: {…}}
  kReplacement,  ///< {a: 1}
  kPipeline,     ///< [{$set: {…}}]
};

/// By the type, or by the first name.
UpdateStyle StyleOf(bson::Value update);

/// "arrayFilters". Error TypeMismatch for a filter that is no document.
Result<std::vector<bson::Document>> ParseArrayFilters(std::string_view where,
                                                      const Arguments& arguments);

/// The error of an explain of several updates or deletes.
Status OneStatementOnly();

/// How a statement chooses documents, for explain: all but its filter and variables.
FindOptions SelectionOf(const Invocation& invocation, const Arguments& statement);

/// "hint", where {} asks for nothing.
bson::Value HintOf(const Arguments& arguments);

/// The variables `let` together with `constants`, which are values and go first.
bson::Document WithConstants(bson::View let, bson::View constants);

}  // namespace cairn::server
