// SPDX-License-Identifier: Apache-2.0
// ping: {ping: 1}.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {

Status RunPing(Invocation* invocation, bson::Builder* reply) {
  (void)reply;
  Result<Arguments> arguments = Arguments::OfCommand({}, invocation->body);
  return arguments.ok() ? Status::Ok() : std::move(arguments).status();
}

}  // namespace cairn::server
