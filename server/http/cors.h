// SPDX-License-Identifier: Apache-2.0
// Cross-origin resource sharing: off, unless origins are allowed by name. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/request.h"

namespace cairn::server {

/// Whether pages of `origin` may use this server. "*" in the list allows all.
bool IsAllowedOrigin(std::string_view origin, const std::vector<std::string>& origins);

/// The answer to a preflight: an OPTIONS with an Origin that is allowed and
/// Access-Control-Request-Method. Other requests that carry such headers are ordinary ones.
std::optional<Reply> AnswerPreflight(const Request& request,
                                     const std::vector<std::string>& origins);

/// Lets the page see the reply, where its origin is allowed.
void AddCorsHeaders(const Request& request, const std::vector<std::string>& origins, Reply* reply);

}  // namespace cairn::server
