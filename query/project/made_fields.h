// SPDX-License-Identifier: Apache-2.0
// Fields that a projection makes anew: computed ones, and arrays cut to an element by $elemMatch.
// Pure; any thread.
#pragma once

#include "cairn/bson.h"
#include "cairn/status.h"
#include "query/project/parser.h"

namespace cairn::project {

/// Appends `projected`, which is what `root` keeps of `document`, with the made fields: those that
/// exist are replaced where they stand, the others follow in the projection's order.
Status AppendWithMadeFields(const Node& root, bson::View document, bson::View projected,
                            const collation::Collator* collator, bson::Builder* out);

}  // namespace cairn::project
