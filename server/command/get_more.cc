// SPDX-License-Identifier: Apache-2.0
// getMore: {getMore: cursor id, collection, batchSize}.
#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "server/command/batch.h"
#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"batchSize", Use::kOptional, Accepts::kInteger},
    {"collection", Use::kRequired, Accepts::kString},
    {"lastKnownCommittedOpTime", Use::kIgnored},
    {"term", Use::kIgnored, Accepts::kInteger},
};
static_assert(IsSorted(kParameters));

// How long a cursor with awaitData waits unless maxTimeMS says otherwise, and at the most.
constexpr int64_t kAwaitMs = 1000;
constexpr int64_t kAwaitMsMax = 30 * 1000;
// So often it looks whether it was killed.
constexpr int64_t kAwaitSliceMs = 250;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Status Interrupted() { return Status(ErrorCode::kInterrupted, "operation was interrupted"); }

// An empty batch waits for documents; nothing of the store is held meanwhile.
Status AwaitBatch(Invocation* invocation, OpenCursor* cursor, int64_t documents_max,
                  bson::Builder* reply) {
  if (!invocation->cursors->BeginWait()) return Status::Ok();
  const int64_t given = invocation->generic.max_time_ms.value_or(0);
  const int64_t deadline = NowMs() + std::min(given == 0 ? kAwaitMs : given, kAwaitMsMax);
  const size_t start = reply->size();
  invocation->operation->Rest();
  Status status;
  while (status.ok() && !cursor->ended && reply->size() == start) {
    const int64_t left = deadline - NowMs();
    if (invocation->operation->killed()) status = Interrupted();
    if (!status.ok() || left <= 0 || cursor->stop.stop_requested()) break;
    if (cursor->source->Await(std::min(left, kAwaitSliceMs))) {
      status = FillBatch(invocation, cursor, documents_max, reply);
    }
  }
  invocation->cursors->EndWait();
  return status;
}

}  // namespace

Status RunGetMore(Invocation* invocation, bson::Builder* reply) {
  const bson::Value target = invocation->target();
  if (target.IsNullish()) return MissingField(invocation->name, invocation->name);
  Status type = CheckType("getMore.getMore", target, Accepts::kLong);
  if (!type.ok()) return type;
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<int64_t> batch_size = arguments->NonNegative("batchSize", 0);
  if (!batch_size.ok()) return std::move(batch_size).status();
  const int64_t documents_max =
      *batch_size == 0 ? std::numeric_limits<int64_t>::max() : *batch_size;

  const int64_t id = target.AsInt64();
  const std::string ns =
      Namespace(invocation->database_name, (*arguments)["collection"].AsString());
  Result<OpenCursor> taken = invocation->cursors->Take(id, ns);
  if (!taken.ok()) return std::move(taken).status();
  OpenCursor cursor = std::move(taken).value();
  invocation->began_bytes = WorkMemory::thread_bytes();  // Others may have expired.
  if (invocation->generic.max_time_ms.value_or(0) != 0 && !cursor.await_data) {
    invocation->cursors->GiveBack(id, std::move(cursor));
    return Status(ErrorCode::kBadValue,
                  "cannot set maxTimeMS on getMore command for a non-awaitData cursor");
  }
  reply->OpenDocument("cursor").OpenArray("nextBatch");
  const size_t start = reply->size();
  Status status = FillBatch(invocation, &cursor, documents_max, reply);
  if (status.ok() && cursor.await_data && reply->size() == start) {
    status = AwaitBatch(invocation, &cursor, documents_max, reply);
  }
  const bool ended = cursor.ended;
  const bool killed = cursor.stop.stop_requested();
  const bool empty = reply->size() == start;
  NoteWorkBytes(*invocation, &cursor);
  invocation->cursors->GiveBack(id, std::move(cursor));
  if (killed && (status.ok() ? empty : status.code() == ErrorCode::kInterrupted)) {
    return Status(ErrorCode::kCursorKilled, "cursor " + std::to_string(id) + " was killed");
  }
  if (!status.ok()) return status;
  reply->Close().AppendInt64("id", ended ? 0 : id).AppendString("ns", ns).Close();
  return Status::Ok();
}

}  // namespace cairn::server
