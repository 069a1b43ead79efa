// SPDX-License-Identifier: Apache-2.0
// Tells the log about operations that took long: what they were, without the values in them, and
// how they were answered. Thread safety: any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "cairn/cairn.h"

namespace cairn::server {

/// One line: "slow operation {…}", the object being JSON. `reply` with its "ok". Never a value of a
/// command, nor a document.
void LogSlowOperation(const LogSink& log, std::string_view database, bson::View command,
                      const OperationProfile& profile, int64_t duration_ms, bson::View reply);

}  // namespace cairn::server
