// SPDX-License-Identifier: Apache-2.0
// dropDatabase: {dropDatabase: 1}. Dropping what is not there is no error.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {

Status RunDropDatabase(Invocation* invocation, bson::Builder* reply) {
  (void)reply;
  const bson::Value target = invocation->target();
  if (target.IsNullish()) return MissingField(invocation->name, invocation->name);
  Status type = CheckType("dropDatabase.dropDatabase", target, Accepts::kInteger);
  if (!type.ok()) return type;
  if (ToInt64(target) != 1) {
    return Status(ErrorCode::kLocation5255100, "have to pass 1 as 'dropDatabase' parameter");
  }
  Result<Arguments> arguments = Arguments::OfCommand({}, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  const std::string_view name = invocation->database_name;
  if (name == "admin" || name == "config" || name == "local") {
    return Status(ErrorCode::kIllegalOperation,
                  "Dropping the '" + std::string(name) + "' database is prohibited.");
  }
  Result<bool> dropped = invocation->database->DropDatabase(name, &invocation->commit);
  if (!dropped.ok()) return std::move(dropped).status();
  return Status::Ok();
}

}  // namespace cairn::server
