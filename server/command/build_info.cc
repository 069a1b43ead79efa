// SPDX-License-Identifier: Apache-2.0
// buildInfo: which MongoDB this answers like, and which Cairn it is.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"
#include "server/command/version.h"

namespace cairn::server {

std::string_view CairnVersion() { return CAIRN_VERSION; }

Status RunBuildInfo(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand({}, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  reply->AppendString("version", kMongoVersion);
  reply->OpenArray("versionArray");
  for (int32_t part : kMongoVersionParts) reply->AppendInt32(reply->NextIndex(), part);
  reply->Close();
  reply->AppendString("cairnVersion", CairnVersion()).AppendString("gitVersion", "");
  reply->AppendString("allocator", "system").AppendString("javascriptEngine", "none");
  reply->AppendString("sysInfo", "").OpenArray("modules").Close();
  reply->AppendInt32("bits", 64).AppendBool("debug", false);
  reply->AppendInt32("maxBsonObjectSize", bson::kMaxDocumentBytes);
  reply->OpenArray("storageEngines");
  reply->AppendString(reply->NextIndex(), "rocksdb").Close();
  return Status::Ok();
}

}  // namespace cairn::server
