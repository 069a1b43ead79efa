// SPDX-License-Identifier: Apache-2.0
// POST /v1/{database}/{collection}/_…: reads with a body, besides _find. Any thread.
#pragma once

#include "server/http/routes.h"

namespace cairn::server {

/// _aggregate: a pipeline, or {pipeline, …}; streamed.
Reply HandleAggregate(const Call& call);
/// _distinct: {key, filter}
Reply HandleDistinct(const Call& call);
/// _count: {filter, skip, limit}
Reply HandleCount(const Call& call);
/// _explain: the body of _find, or of _aggregate, and verbosity.
Reply HandleExplain(const Call& call);

}  // namespace cairn::server
