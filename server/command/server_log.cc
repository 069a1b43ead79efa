// SPDX-License-Identifier: Apache-2.0
// getLog, logRotate and getCmdLineOpts: how the server was started and what it has said.
#include <string>
#include <utility>
#include <vector>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {

Status RunGetLog(Invocation* invocation, bson::Builder* reply) {
  const bson::Value target = invocation->target();
  if (target.IsNullish()) return MissingField("getLog", "getLog");
  Status type = CheckType("getLog.getLog", target, Accepts::kString);
  if (!type.ok()) return type;
  Result<Arguments> arguments = Arguments::OfCommand({}, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  const std::string_view name = target.AsString();
  if (name == "*") {
    reply->OpenArray("names");
    reply->AppendString(reply->NextIndex(), "global");
    reply->AppendString(reply->NextIndex(), "startupWarnings").Close();
    return Status::Ok();
  }
  if (name != "global" && name != "startupWarnings") {
    return Status(ErrorCode::kOperationFailed, "No log named '" + std::string(name) + "'");
  }
  int64_t written = 0;
  std::vector<std::string> lines;
  if (name == "global") lines = invocation->state->log.Lines(&written);
  reply->AppendInt32("totalLinesWritten", static_cast<int32_t>(written));
  reply->OpenArray("log");
  for (const std::string& line : lines) reply->AppendString(reply->NextIndex(), line);
  reply->Close();
  return Status::Ok();
}

// The log goes to standard error, and whoever reads it there keeps and rotates it.
Status RunLogRotate(Invocation* invocation, bson::Builder* /*reply*/) {
  const bson::Value target = invocation->target();
  if (target.IsNullish()) return MissingField("logRotate", "logRotate");
  Result<Arguments> arguments = Arguments::OfCommand({}, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  if (target.type() == bson::Type::kString) {
    if (target.AsString() == "server") return Status::Ok();
    return Status(ErrorCode::kNoSuchKey,
                  "Unknown log type for rotate: " + std::string(target.AsString()));
  }
  return CheckType("logRotate.logRotate", target, Accepts::kBoolOrNumber);
}

Status RunGetCmdLineOpts(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand({}, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  reply->OpenArray("argv");
  for (const std::string& argument : invocation->state->options.arguments) {
    reply->AppendString(reply->NextIndex(), argument);
  }
  reply->Close().AppendDocument("parsed", invocation->state->options.settings);
  return Status::Ok();
}

}  // namespace cairn::server
