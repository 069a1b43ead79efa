// SPDX-License-Identifier: Apache-2.0
// getMore: {getMore: cursor id, collection, batchSize}.
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
  if (invocation->generic.max_time_ms.value_or(0) != 0) {
    invocation->cursors->GiveBack(id, std::move(cursor));
    return Status(ErrorCode::kBadValue,
                  "cannot set maxTimeMS on getMore command for a non-awaitData cursor");
  }
  reply->OpenDocument("cursor").OpenArray("nextBatch");
  const Status status = FillBatch(&cursor, documents_max, reply);
  const bool ended = cursor.ended;
  invocation->cursors->GiveBack(id, std::move(cursor));
  if (!status.ok()) return status;
  reply->Close().AppendInt64("id", ended ? 0 : id).AppendString("ns", ns).Close();
  return Status::Ok();
}

}  // namespace cairn::server
