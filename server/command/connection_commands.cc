// SPDX-License-Identifier: Apache-2.0
// connectionStatus, whatsmyuri, dropConnections and connPoolStats: who is connected to what.
#include <charconv>
#include <string>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

constexpr uint8_t kUuidSubtype = 4;

// table: sorted
constexpr Parameter kConnectionStatus[] = {
    {"showPrivileges", Use::kOptional, Accepts::kBoolOrNumber},
};

// table: sorted
constexpr Parameter kDropConnections[] = {
    {"hostAndPort", Use::kRequired, Accepts::kArray},
};

// "host", "host:port" or "[IPv6]:port".
bool IsHostAndPort(std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos || end == 1) return false;
    if (end + 1 == text.size()) return true;
    if (text[end + 1] != ':') return false;
    port = text.substr(end + 2);
  } else {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) return !text.empty();
    if (colon == 0) return false;
    port = text.substr(colon + 1);
  }
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  constexpr int kPortMax = 65535;
  return error == std::errc() && end == port.data() + port.size() && number > 0 &&
         number <= kPortMax && port.front() != '-';
}

}  // namespace

Status RunConnectionStatus(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand(kConnectionStatus, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  // Nobody is asked who they are, so nobody is anybody.
  reply->OpenDocument("authInfo");
  reply->OpenArray("authenticatedUsers").Close().OpenArray("authenticatedUserRoles").Close();
  if (arguments->Bool("showPrivileges", false)) {
    reply->OpenArray("authenticatedUserPrivileges").Close();
  }
  reply->Close();
  const auto id = invocation->state->process.bytes;
  std::string uuid(reinterpret_cast<const char*>(id.data()), id.size());
  constexpr size_t kUuidBytes = 16;
  uuid.resize(kUuidBytes, '\0');
  reply->AppendBinary("uuid", kUuidSubtype, uuid);
  return Status::Ok();
}

Status RunWhatsMyUri(Invocation* invocation, bson::Builder* reply) {
  reply->AppendString("you", invocation->client->address);
  return Status::Ok();
}

// There are no connections to other servers, so that none is dropped.
Status RunDropConnections(Invocation* invocation, bson::Builder* /*reply*/) {
  Result<Arguments> arguments = Arguments::OfCommand(kDropConnections, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  for (const bson::Element& host : (*arguments)["hostAndPort"].AsView()) {
    Status type = CheckType("dropConnections.hostAndPort." + std::string(host.name), host.value,
                            Accepts::kString);
    if (!type.ok()) return type;
    if (IsHostAndPort(host.value.AsString())) continue;
    return Status(ErrorCode::kFailedToParse,
                  "'" + std::string(host.value.AsString()) + "' is no host and port");
  }
  return Status::Ok();
}

Status RunConnPoolStats(Invocation* /*invocation*/, bson::Builder* reply) {
  for (const std::string_view name :
       {"numClientConnections", "numAScopedConnections", "totalInUse", "totalAvailable",
        "totalLeased", "totalCreated", "totalRefreshing"}) {
    reply->AppendInt32(name, 0);
  }
  reply->OpenDocument("pools").Close().OpenDocument("hosts").Close();
  return Status::Ok();
}

}  // namespace cairn::server
