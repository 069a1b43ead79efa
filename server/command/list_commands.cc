// SPDX-License-Identifier: Apache-2.0
// listCommands: the table of commands, as data.
#include "server/command/commands.h"

namespace cairn::server {

Status RunListCommands(Invocation* /*invocation*/, bson::Builder* reply) {
  reply->OpenDocument("commands");
  for (const CommandRow& row : Commands()) {
    reply->OpenDocument(row.name).AppendString("help", "");
    reply->AppendBool("requiresAuth", false).AppendBool("adminOnly", row.admin_only);
    reply->OpenArray("apiVersions");
    if (IsInStableApi(row.name)) reply->AppendString(reply->NextIndex(), "1");
    reply->Close().Close();
  }
  reply->Close();
  return Status::Ok();
}

}  // namespace cairn::server
