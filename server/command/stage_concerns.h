// SPDX-License-Identifier: Apache-2.0
// Stages of a pipeline that do not go with every read concern. Free function; any thread.
#pragma once

#include <string_view>

#include "cairn/cairn.h"

namespace cairn::server {

/// Of the command `body`, whose readConcern has the known level `level`. Error InvalidOptions when
/// it is an aggregate with a stage that reads the server's state and the level is not "local", or
/// with one that writes and it is "linearizable".
Status CheckStageConcerns(bson::View body, std::string_view level);

}  // namespace cairn::server
