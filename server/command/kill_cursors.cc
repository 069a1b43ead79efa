// SPDX-License-Identifier: Apache-2.0
// killCursors: {killCursors: collection, cursors: [id, …]}.
#include <string>
#include <utility>
#include <vector>

#include "server/command/commands.h"
#include "server/command/cursor_table.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"cursors", Use::kRequired, Accepts::kArray},
};

void AppendIds(std::string_view name, const std::vector<int64_t>& ids, bson::Builder* reply) {
  reply->OpenArray(name);
  for (int64_t id : ids) reply->AppendInt64(reply->NextIndex(), id);
  reply->Close();
}

}  // namespace

Status RunKillCursors(Invocation* invocation, bson::Builder* reply) {
  Result<std::string_view> name = TargetName(*invocation);
  if (!name.ok()) return std::move(name).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  const bson::View cursors = (*arguments)["cursors"].AsView();
  for (const bson::Element& cursor : cursors) {
    Status type =
        CheckType("killCursors.cursors." + std::string(cursor.name), cursor.value, Accepts::kLong);
    if (!type.ok()) return type;
  }
  std::vector<int64_t> killed;
  std::vector<int64_t> not_found;
  for (const bson::Element& cursor : cursors) {
    const int64_t id = cursor.value.AsInt64();
    // 0 is the id of a cursor that has ended: there is nothing left to do.
    const bool gone = id == 0 || invocation->cursors->Kill(id);
    (gone ? killed : not_found).push_back(id);
  }
  AppendIds("cursorsKilled", killed, reply);
  AppendIds("cursorsNotFound", not_found, reply);
  AppendIds("cursorsAlive", {}, reply);
  AppendIds("cursorsUnknown", {}, reply);
  return Status::Ok();
}

}  // namespace cairn::server
