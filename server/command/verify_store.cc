// SPDX-License-Identifier: Apache-2.0
// verifyStore: {verifyStore: 1, from: "…"}. Cairn's own: a second's worth of checking what validate
// does not see; `next` of the reply is the next command's `from`. Its client is
// server/cli/verify.cc.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"from", Use::kOptional, Accepts::kString},
};
static_assert(IsSorted(kParameters));

void AppendUnlessZero(std::string_view name, uint64_t number, bson::Builder* reply) {
  if (number != 0) AppendCount(name, static_cast<int64_t>(number), reply);
}

}  // namespace

Status RunVerifyStore(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  const bson::Value from = (*arguments)["from"];
  Result<VerifiedPart> part =
      invocation->database->VerifyPart(from.missing() ? std::string_view() : from.AsString());
  if (!part.ok()) return std::move(part).status();
  AppendUnlessZero("files", part->files, reply);
  AppendUnlessZero("bytes", part->bytes, reply);
  AppendUnlessZero("oldestCommit", part->oldest_commit, reply);
  AppendUnlessZero("newestCommit", part->newest_commit, reply);
  reply->OpenArray("damages");
  for (const std::string& damage : part->damages) reply->AppendString(reply->NextIndex(), damage);
  reply->Close();
  if (!part->next.empty()) reply->AppendString("next", part->next);
  return Status::Ok();
}

}  // namespace cairn::server
