// SPDX-License-Identifier: Apache-2.0
#include "server/http/command_route.h"

#include "server/http/body.h"
#include "server/http/commands.h"
#include "server/http/problem.h"

namespace cairn::server {
namespace {

Reply CommandReplyAsJson(const CommandReply& sent, json::Format format) {
  const int status = sent.code == ErrorCode::kOk ? 200 : ErrorRow(sent.code).http_status;
  return DocumentReply(status, sent.body, format);
}

}  // namespace

Reply HandleCommand(const Call& call) {
  const json::Format format = AcceptedFormat(call.request, json::Format::kRelaxed);
  Result<bson::Document> body = ReadObject(call);
  if (!body.ok()) return CommandReplyAsJson(EncodeError(body.status()), format);
  const CommandReply sent = Send(call, call.database(), std::move(body).value());
  Reply reply = CommandReplyAsJson(sent, format);
  HoldFor(sent, &reply);
  reply.if_not_durable = [format](const Status& status) {
    return CommandReplyAsJson(EncodeError(status), format);
  };
  return reply;
}

}  // namespace cairn::server
