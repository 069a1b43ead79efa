// SPDX-License-Identifier: Apache-2.0
// The route table: from method and raw path to a handler. Patterns are matched segment by segment
// on the encoded path; "{name}" matches one segment that does not begin with '_' (those are
// operations) and is handed over decoded. Thread safety: Route may be called from any thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/command/dispatch.h"
#include "server/http/request.h"

namespace cairn::server {

/// What handlers work with.
struct Services {
  Database* database = nullptr;
  Dispatcher* dispatcher = nullptr;
};

/// A matched request.
struct Call {
  const Request& request;
  const Services& services;
  std::vector<std::string> captures;  ///< Decoded segments, in the order of the pattern.
};

using Handler = Reply (*)(const Call& call);
/// Looks at a request without its body. An upload takes the body and outlives the call, but not
/// `call.services`; null: the body is read whole, within the limits, and comes to the Handler.
using UploadHandler = std::unique_ptr<Upload> (*)(const Call& call);

struct RouteRow {
  const char* method;
  const char* pattern;
  Handler handler;
  const char* summary;
  UploadHandler upload = nullptr;
};

/// Every route.
std::span<const RouteRow> Routes();

/// Finds the route and runs its handler; 404 and 405 are problem replies.
Reply Route(const Request& request, const Services& services);

/// The upload that the route opens for the request, whose body has not come yet, or null.
std::unique_ptr<Upload> OpenUpload(const Request& request, const Services& services);

}  // namespace cairn::server
