// SPDX-License-Identifier: Apache-2.0
// hello, isMaster: what a driver asks first. Answers as a single server without sessions.
#include <chrono>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"
#include "server/command/version.h"
#include "server/command/write_batch.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"client", Use::kIgnored, Accepts::kObject},
    {"compression", Use::kIgnored, Accepts::kArray},
    {"helloOk", Use::kOptional, Accepts::kBoolOrNumber},
    {"internalClient", Use::kIgnored},
    {"loadBalanced", Use::kUnsupported, Accepts::kBool},
    {"maxAwaitTimeMS", Use::kIgnored, Accepts::kInteger},
    {"saslSupportedMechs", Use::kIgnored},
    {"speculativeAuthenticate", Use::kIgnored},
    {"topologyVersion", Use::kIgnored},
};
static_assert(IsSorted(kParameters));

int64_t WallClockMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Status RunHello(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  if (arguments->Bool("helloOk", false)) reply->AppendBool("helloOk", true);
  reply->AppendBool(invocation->name == "hello" ? "isWritablePrimary" : "ismaster", true);
  reply->AppendInt32("maxBsonObjectSize", bson::kMaxDocumentBytes);
  reply->AppendInt32("maxMessageSizeBytes", bson::kMaxMessageBytes);
  reply->AppendInt32("maxWriteBatchSize", static_cast<int32_t>(kWriteBatchMax));
  reply->AppendDate("localTime", WallClockMs());
  reply->AppendInt32("minWireVersion", kWireVersionMin);
  reply->AppendInt32("maxWireVersion", kWireVersionMax);
  reply->AppendBool("readOnly", !invocation->database->write_state().ok());
  return Status::Ok();
}

}  // namespace cairn::server
