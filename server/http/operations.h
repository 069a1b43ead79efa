// SPDX-License-Identifier: Apache-2.0
// Routes for those who run the server. Any thread.
#pragma once

#include "server/http/routes.h"

namespace cairn::server {

/// GET /: a page that names the routes, with queries to try.
Reply HandleIndex(const Call& call);
/// GET /healthz: 200 while writes are accepted, 503 with the reason when they are not.
Reply HandleHealth(const Call& call);
/// GET /readyz: 200 when commands are answered and writes accepted.
Reply HandleReady(const Call& call);
/// GET /version
Reply HandleVersion(const Call& call);

}  // namespace cairn::server
