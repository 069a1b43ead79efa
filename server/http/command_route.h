// SPDX-License-Identifier: Apache-2.0
// POST /v1/{database}/_command: the body is a command in Extended JSON, the reply is its own reply.
// Any thread.
#pragma once

#include "server/http/routes.h"

namespace cairn::server {

Reply HandleCommand(const Call& call);

}  // namespace cairn::server
