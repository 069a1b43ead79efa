// SPDX-License-Identifier: Apache-2.0
// hello, isMaster: what a driver asks first. Answers as a single server, and pays no heed to what
// clients say of themselves.
#include <chrono>
#include <functional>
#include <string_view>

#include "server/command/commands.h"
#include "server/command/parameters.h"
#include "server/command/version.h"
#include "server/command/write_batch.h"

namespace cairn::server {
namespace {

// As MongoDB says it; requests may have a little more.
constexpr int32_t kMessageBytesMax = 48'000'000;

int64_t WallClockMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Clients are told apart by their address.
int32_t ConnectionId(std::string_view address) {
  constexpr size_t kIdsMax = 1'000'000'000;
  return static_cast<int32_t>(std::hash<std::string_view>()(address) % kIdsMax) + 1;
}

}  // namespace

Status RunHello(Invocation* invocation, bson::Builder* reply) {
  const bson::Value hello_ok = invocation->body["helloOk"];
  if (hello_ok.type() == bson::Type::kBool && hello_ok.AsBool()) reply->AppendBool("helloOk", true);
  reply->AppendBool(invocation->name == "hello" ? "isWritablePrimary" : "ismaster", true);
  reply->AppendInt32("maxBsonObjectSize", bson::kMaxDocumentBytes);
  reply->AppendInt32("maxMessageSizeBytes", kMessageBytesMax);
  reply->AppendInt32("maxWriteBatchSize", static_cast<int32_t>(kWriteBatchMax));
  reply->AppendDate("localTime", WallClockMs());
  reply->OpenDocument("topologyVersion");
  reply->AppendObjectId("processId", invocation->state->process).AppendInt64("counter", 0).Close();
  reply->AppendInt32("logicalSessionTimeoutMinutes", kSessionMinutes);
  reply->AppendInt32("connectionId", ConnectionId(invocation->client->address));
  reply->AppendInt32("minWireVersion", kWireVersionMin);
  reply->AppendInt32("maxWireVersion", kWireVersionMax);
  reply->AppendBool("readOnly", !invocation->database->write_state().ok());
  return Status::Ok();
}

}  // namespace cairn::server
