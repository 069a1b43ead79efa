// SPDX-License-Identifier: Apache-2.0
// drop: {drop: name}. Dropping what is not there is no error.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"collectionUUID", Use::kUnsupported},
};

}  // namespace

Status RunDrop(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<CollectionInfo> info = collection->Info();
  if (!info.ok()) {
    if (info.status().code() == ErrorCode::kNamespaceNotFound) return Status::Ok();
    return std::move(info).status();
  }
  Result<bool> dropped = collection->Drop(&invocation->commit);
  if (!dropped.ok()) return std::move(dropped).status();
  if (!*dropped) return Status::Ok();
  reply->AppendInt32("nIndexesWas", static_cast<int32_t>(info->indexes.size()));
  reply->AppendString("ns", Namespace(collection->database(), collection->name()));
  return Status::Ok();
}

}  // namespace cairn::server
