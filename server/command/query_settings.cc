// SPDX-License-Identifier: Apache-2.0
// setQuerySettings: {setQuerySettings: query or hash, settings}, and removeQuerySettings.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"settings", Use::kRequired, Accepts::kObject},
};
static_assert(IsSorted(kParameters));

}  // namespace

Status RunSetQuerySettings(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<bson::Document> set =
      invocation->database->SetQuerySettings(invocation->target(), arguments->Object("settings"));
  if (!set.ok()) return std::move(set).status();
  reply->AppendAll(*set);
  return Status::Ok();
}

Status RunRemoveQuerySettings(Invocation* invocation, bson::Builder* /*reply*/) {
  Result<Arguments> arguments = Arguments::OfCommand({}, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  return invocation->database->RemoveQuerySettings(invocation->target());
}

}  // namespace cairn::server
