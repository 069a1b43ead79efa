// SPDX-License-Identifier: Apache-2.0
// The Prefer header (RFC 7240): how much of a reply to a write a client wants. Pure; any thread.
#pragma once

#include "server/http/request.h"

namespace cairn::server {

enum class Return : uint8_t {
  kUnsaid,
  kMinimal,         ///< Nothing but the status and headers.
  kRepresentation,  ///< The document.
};

/// The first return=… that is known; other preferences are nobody's duty.
Return ReturnPreference(const Request& request);

/// Says in `reply` that the preference was followed; with kMinimal it loses its body, and 200
/// becomes 204.
void Apply(Return preference, Reply* reply);

}  // namespace cairn::server
