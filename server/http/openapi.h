// SPDX-License-Identifier: Apache-2.0
// The routes as a document of OpenAPI 3.1, made from the route table. Any thread.
#pragma once

#include "server/http/routes.h"

namespace cairn::server {

/// GET /openapi.json
Reply HandleOpenApi(const Call& call);

}  // namespace cairn::server
