// SPDX-License-Identifier: Apache-2.0
// Indexes as resources, /v1/{database}/{collection}/_indexes. Any thread.
#pragma once

#include "server/http/routes.h"

namespace cairn::server {

/// GET: the indexes, with how often each was used and, while it is built, that it is.
Reply HandleListIndexes(const Call& call);
/// POST: one index, {key, …}, an array of them, or {indexes: […]}. Names are made up where there
/// are none. 201, or 200 when all are there already.
Reply HandleCreateIndexes(const Call& call);
/// DELETE …/_indexes/{name}
Reply HandleDropIndex(const Call& call);

}  // namespace cairn::server
