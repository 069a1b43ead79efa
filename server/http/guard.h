// SPDX-License-Identifier: Apache-2.0
// What every request must pass before it is routed: known host, no foreign origin, a JSON content
// type on writes (so that a page in a browser cannot forge requests). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/request.h"

namespace cairn::server {

/// Whom a server answers.
struct Guard {
  std::vector<std::string> hosts;    ///< Names that it has, besides those of loopback.
  std::vector<std::string> origins;  ///< Of pages that may use it, besides its own.
};

/// The refusal of a request that does not pass; nothing when it does.
std::optional<Reply> Refusal(const Request& request, const Guard& guard);

/// `offered` when it may be logged and echoed (1 to 128 of A-Z a-z 0-9 . _ -), else a new id.
std::string RequestId(std::string_view offered);

}  // namespace cairn::server
