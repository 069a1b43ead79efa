// SPDX-License-Identifier: Apache-2.0
// Routes under /v1: databases, collections and documents as resources, and any command. Any thread.
#pragma once

#include "server/http/routes.h"

namespace cairn::server {

/// POST /v1/{database}/_command: the body is a command in Extended JSON, the reply is its own
/// reply.
Reply HandleCommand(const Call& call);
/// POST /v1/{database}/{collection}: one document (201 with Location), an array, or NDJSON.
Reply HandleInsert(const Call& call);
/// GET /v1/{database}/{collection}/{id}
Reply HandleGetDocument(const Call& call);

}  // namespace cairn::server
