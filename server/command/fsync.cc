// SPDX-License-Identifier: Apache-2.0
// fsync: {fsync: 1, lock} and fsyncUnlock: what was written is on disk, and with a lock nothing
// more is written until it is given back. Locks are counted.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kFsync[] = {
    {"async", Use::kIgnored, Accepts::kBoolOrNumber},
    {"fsyncLockAcquisitionTimeoutMillis", Use::kIgnored, Accepts::kInt32},
    {"lock", Use::kOptional, Accepts::kBoolOrNumber},
};
static_assert(IsSorted(kFsync));

}  // namespace

Status RunFsync(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand(kFsync, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  const bool lock = arguments->Bool("lock", false);
  // First the lock, so that nothing comes between.
  int64_t locks = 0;
  if (lock) locks = ++invocation->state->fsync_locks;
  Status synced = invocation->database->Sync();
  if (!synced.ok()) {
    if (lock) --invocation->state->fsync_locks;
    return synced;
  }
  if (lock) {
    reply->AppendString("info", "now locked against writes, use db.fsyncUnlock() to unlock");
    reply->AppendInt64("lockCount", locks);
    reply->AppendString("seeAlso", "http://dochub.mongodb.org/core/fsynccommand");
  } else {
    reply->AppendInt32("numFiles", 1);
  }
  return Status::Ok();
}

Status RunFsyncUnlock(Invocation* invocation, bson::Builder* reply) {
  std::atomic<int64_t>& locks = invocation->state->fsync_locks;
  int64_t held = locks.load();
  do {
    if (held == 0) {
      return Status(ErrorCode::kIllegalOperation, "fsyncUnlock called when not locked");
    }
  } while (!locks.compare_exchange_weak(held, held - 1));
  reply->AppendString("info", "fsyncUnlock completed").AppendInt64("lockCount", held - 1);
  return Status::Ok();
}

}  // namespace cairn::server
