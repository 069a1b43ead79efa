// SPDX-License-Identifier: Apache-2.0
#include "server/http/operations.h"

#include <string>
#include <vector>

#include "server/http/commands.h"
#include "server/http/problem.h"

#ifndef CAIRN_VERSION
#error "the build defines CAIRN_VERSION"
#endif

namespace cairn::server {

namespace {

std::vector<std::string> DatabasesOf(const Call& call) {
  bson::Builder command;
  command.AppendInt32("listDatabases", 1).AppendBool("nameOnly", true);
  const CommandReply sent = Send(call, "admin", command.Finish());
  std::vector<std::string> names;
  const bson::Value listed = sent.body["databases"];
  if (listed.type() != bson::Type::kArray) return names;
  for (const bson::Element& database : listed.AsView()) {
    names.emplace_back(database.value.AsView()["name"].AsString());
  }
  return names;
}

}  // namespace

Reply HandleIndex(const Call& call) {
  Reply reply;
  reply.content_type = "text/plain; charset=utf-8";
  std::string& body = reply.body;
  body = "Cairn " CAIRN_VERSION ": a document database over HTTP.\n\nRoutes\n";
  for (const RouteRow& row : Routes()) {
    std::string line = std::string("  ") + row.method;
    line.resize(9, ' ');
    line += row.pattern;
    line.resize(std::max<size_t>(line.size() + 2, 62), ' ');
    body += line + row.summary + "\n";
  }
  body += "\nDatabases\n";
  for (const std::string& database : DatabasesOf(call)) {
    body += "  " + database + ":";
    FindEach(call, database, bson::Builder().AppendInt32("listCollections", 1).Finish(),
             [&](bson::View collection) {
               body += " " + std::string(collection["name"].AsString());
               return true;
             })
        .PermitUncheckedError();  // Dropped meanwhile.
    body += "\n";
  }
  const std::string base(call.request.Header("Host"));
  body += "\nTry\n  curl -s http://" + base +
          "/v1/library/_command -H 'content-type: application/json' -d '{\"listCollections\":1}'\n";
  return reply;
}

Reply HandleReady(const Call& call) {
  const Status state = call.services.database->write_state();
  if (!state.ok()) return ProblemReply(503, state.message(), call.request);
  // A command goes all the way.
  const CommandReply sent = Send(call, "admin", bson::Builder().AppendInt32("ping", 1).Finish());
  if (const Status error = ErrorOf(sent); !error.ok()) {
    return ProblemReply(503, error.message(), call.request);
  }
  Reply reply;
  reply.body = "{\"status\":\"ready\"}";
  return reply;
}

Reply HandleHealth(const Call& call) {
  const Status state = call.services.database->write_state();
  if (!state.ok()) return ProblemReply(503, state.message(), call.request);
  Reply reply;
  reply.body = "{\"status\":\"ok\"}";
  return reply;
}

Reply HandleVersion(const Call&) {
  Reply reply;
  reply.body = "{\"name\":\"cairn\",\"version\":\"" CAIRN_VERSION "\"}";
  return reply;
}

}  // namespace cairn::server
