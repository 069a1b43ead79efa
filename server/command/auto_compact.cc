// SPDX-License-Identifier: Apache-2.0
// autoCompact: {autoCompact: bool, freeSpaceTargetMB, runOnce}. The store compacts its files all
// the time and of itself, so that the setting is kept and shown to be in conflict with another, and
// changes nothing else.
#include <optional>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"freeSpaceTargetMB", Use::kOptional, Accepts::kInteger},
    {"runOnce", Use::kIgnored, Accepts::kBool},
};
static_assert(IsSorted(kParameters));

constexpr int64_t kTargetMb = 20;
// More would not be a number of bytes.
constexpr int64_t kTargetMbMax = (int64_t{1} << 43) - 1;

}  // namespace

Status RunAutoCompact(Invocation* invocation, bson::Builder* /*reply*/) {
  const bson::Value target = invocation->target();
  if (target.IsNullish()) return MissingField("autoCompact", "autoCompact");
  Status type = CheckType("autoCompact.autoCompact", target, Accepts::kBool);
  if (!type.ok()) return type;
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  const bool on = target.AsBool();
  int64_t megabytes = kTargetMb;
  if (arguments->Has("freeSpaceTargetMB")) {
    megabytes = ToInt64((*arguments)["freeSpaceTargetMB"]);
    if (megabytes < 1 || (on && megabytes > kTargetMbMax)) {
      return Status(ErrorCode::kBadValue, "freeSpaceTargetMB is out of range");
    }
  }
  const std::optional<int64_t> running = invocation->state->auto_compact_mb();
  if (on && running && *running != megabytes) {
    return Status(ErrorCode::kAlreadyInitialized, "autoCompact runs with other settings");
  }
  invocation->state->SetAutoCompact(on ? std::optional(megabytes) : std::nullopt);
  return Status::Ok();
}

}  // namespace cairn::server
