// SPDX-License-Identifier: Apache-2.0
// find: {find, filter, projection, sort, skip, limit, batchSize, singleBatch, hint,
// collation}.
#include <memory>
#include <utility>

#include "server/command/batch.h"
#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"allowDiskUse", Use::kOptional, Accepts::kBoolOrNumber},
    {"allowPartialResults", Use::kIgnored, Accepts::kBoolOrNumber},
    {"awaitData", Use::kOptional, Accepts::kBoolOrNumber},
    {"batchSize", Use::kOptional, Accepts::kInteger},
    CollationParameter(),
    {"filter", Use::kOptional, Accepts::kObject, Null::kWrongType},
    HintParameter(Use::kOptional),
    {"includeQueryStatsMetrics", Use::kIgnored, Accepts::kBool},
    {"let", Use::kOptional, Accepts::kObject},
    {"limit", Use::kOptional, Accepts::kInteger},
    {"max", Use::kOptional, Accepts::kObject},
    {"min", Use::kOptional, Accepts::kObject},
    {"noCursorTimeout", Use::kIgnored, Accepts::kBoolOrNumber},
    {"ntoreturn", Use::kUnsupported, Accepts::kInteger},
    {"oplogReplay", Use::kIgnored, Accepts::kBoolOrNumber},
    {"projection", Use::kOptional, Accepts::kObject},
    {"rawData", Use::kUnsupported, Accepts::kBool},
    {"readOnce", Use::kIgnored, Accepts::kBoolOrNumber},
    {"requestResumeToken", Use::kUnsupported, Accepts::kBoolOrNumber},
    {"resumeAfter", Use::kUnsupported, Accepts::kObject},
    {"returnKey", Use::kOptional, Accepts::kBoolOrNumber},
    {"showRecordId", Use::kOptional, Accepts::kBoolOrNumber},
    {"singleBatch", Use::kOptional, Accepts::kBoolOrNumber},
    {"skip", Use::kOptional, Accepts::kInteger},
    {"sort", Use::kOptional, Accepts::kObject},
    {"startAt", Use::kUnsupported, Accepts::kObject},
    {"tailable", Use::kOptional, Accepts::kBoolOrNumber},
    {"term", Use::kIgnored, Accepts::kInteger},
};
static_assert(IsSorted(kParameters));

Status CheckTailable(const Arguments& arguments) {
  const bool tailable = arguments.Bool("tailable", false);
  if (arguments.Bool("awaitData", false) && !tailable) {
    return Status(ErrorCode::kFailedToParse,
                  "Cannot set 'awaitData' without also setting 'tailable'");
  }
  if (tailable && arguments.Bool("singleBatch", false)) {
    return Status(ErrorCode::kBadValue, "Cannot use tailable option with the 'singleBatch' option");
  }
  return Status::Ok();
}

// What a find asks for.
struct Read {
  ExplainRequest request;
  int64_t batch_size = 0;
  bool single_batch = false;
  bool await_data = false;
};

// Most of what may be given seldom is.
void Copy(bson::View given, bson::Document* to) {
  if (!given.empty()) *to = bson::Document(given);
}

Status ReadAll(const Invocation& invocation, Read* read) {
  Result<Arguments> parsed = Arguments::OfCommand(kParameters, invocation.body);
  if (!parsed.ok()) return std::move(parsed).status();
  const Arguments& arguments = *parsed;

  Result<int64_t> skip = arguments.NonNegative("skip", 0);
  if (!skip.ok()) return std::move(skip).status();
  Result<int64_t> limit = arguments.NonNegative("limit", 0);
  if (!limit.ok()) return std::move(limit).status();
  Result<int64_t> batch_size = arguments.NonNegative("batchSize", kFirstBatchDocuments);
  if (!batch_size.ok()) return std::move(batch_size).status();
  Status tailable = CheckTailable(arguments);
  if (!tailable.ok()) return tailable;

  read->request.kind = ExplainRequest::Kind::kFind;
  read->request.filter = arguments.Object("filter");
  FindOptions& options = read->request.options;
  options.tailable = arguments.Bool("tailable", false);
  Copy(arguments.Object("projection"), &options.projection);
  Copy(arguments.Object("sort"), &options.sort);
  options.skip = *skip;
  options.limit = *limit;
  // A tailable cursor lives on: only a limit of the client's own ends its work.
  options.max_time_ms =
      options.tailable ? invocation.generic.max_time_ms.value_or(0) : MaxTimeMs(invocation);
  options.hint = arguments["hint"];
  Copy(arguments.Object("min"), &options.min);
  Copy(arguments.Object("max"), &options.max);
  Copy(arguments.Object("let"), &options.let);
  Copy(arguments.Object("collation"), &options.collation);
  options.allow_disk_use = arguments.Bool("allowDiskUse", DiskUseByDefault(invocation));
  options.return_key = arguments.Bool("returnKey", false);
  options.show_record_id = arguments.Bool("showRecordId", false);
  read->batch_size = *batch_size;
  read->single_batch = arguments.Bool("singleBatch", false);
  read->await_data = arguments.Bool("awaitData", false);
  return Status::Ok();
}

// Whether one document by its _id is asked for, and no cursor: a point read.
bool IsPointRead(const Read& read) {
  const bson::View filter = read.request.filter;
  const FindOptions& options = read.request.options;
  return options.limit == 1 && options.skip == 0 && read.batch_size > 0 && !options.tailable &&
         read.single_batch && !filter.empty() && filter.begin()->name == "_id" &&
         ++filter.begin() == filter.end();
}

Status ReadPoint(const Collection& collection, const ExplainRequest& request,
                 bson::Builder* reply) {
  bson::Document found;
  Result<bool> exists = collection.FindOne(request.filter, &found, request.options);
  if (!exists.ok()) return std::move(exists).status();
  reply->OpenDocument("cursor").OpenArray("firstBatch");
  if (*exists) reply->AppendDocument("0", found);
  reply->Close().AppendInt64("id", 0);
  reply->AppendString("ns", Namespace(collection.database(), collection.name())).Close();
  return Status::Ok();
}

}  // namespace

Status ReadFind(const Invocation& invocation, ExplainRequest* request) {
  Read read;
  Status status = ReadAll(invocation, &read);
  *request = std::move(read.request);
  return status;
}

Status RunFind(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Read read;
  Status status = ReadAll(*invocation, &read);
  if (!status.ok()) return status;
  if (IsPointRead(read)) return ReadPoint(*collection, read.request, reply);
  FindOptions& options = read.request.options;
  OpenCursor open;
  options.stop = open.stop.get_token();
  Result<Cursor> cursor = collection->Find(read.request.filter, options);
  if (!cursor.ok()) return std::move(cursor).status();
  open.ns = Namespace(collection->database(), collection->name());
  open.source = std::make_unique<QuerySource>(std::move(cursor).value());
  open.await_data = read.await_data;
  open.remaining = options.limit > 0 ? options.limit : -1;
  return ReplyFirstBatch(invocation, std::move(open), read.batch_size, read.single_batch, reply);
}

}  // namespace cairn::server
