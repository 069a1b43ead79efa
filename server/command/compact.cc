// SPDX-License-Identifier: Apache-2.0
// compact: {compact: collection, dryRun, force, freeSpaceTargetMB}. The store gives space back by
// itself all the time, so there is nothing to free.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"dryRun", Use::kOptional, Accepts::kBoolOrNumber},
    {"force", Use::kIgnored, Accepts::kBoolOrNumber},
    {"freeSpaceTargetMB", Use::kOptional, Accepts::kInteger},
};
static_assert(IsSorted(kParameters));

}  // namespace

Status RunCompact(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  const bson::Value target = (*arguments)["freeSpaceTargetMB"];
  if (!target.missing() && ToInt64(target) < 1) {
    return Status(ErrorCode::kBadValue, "BSON field 'freeSpaceTargetMB' value must be >= 1");
  }
  Result<CollectionInfo> info = collection->Info();
  if (!info.ok()) return std::move(info).status();
  if (info->is_view) {
    return Status(ErrorCode::kCommandNotSupportedOnView, "can't compact a view");
  }
  const bool dry = arguments->Bool("dryRun", false);
  reply->AppendInt32(dry ? "estimatedBytesFreed" : "bytesFreed", 0);
  return Status::Ok();
}

}  // namespace cairn::server
