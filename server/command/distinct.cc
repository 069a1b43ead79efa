// SPDX-License-Identifier: Apache-2.0
// distinct: {distinct, key, query, hint, collation}. Values come in MongoDB's comparison order.
#include <utility>

#include "server/command/batch.h"
#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    CollationParameter(),
    HintParameter(Use::kOptional),
    {"key", Use::kRequired, Accepts::kString},
    {"query", Use::kOptional, Accepts::kObject},
};
static_assert(IsSorted(kParameters));

}  // namespace

Status ReadDistinct(const Invocation& invocation, ExplainRequest* request) {
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation.body);
  if (!arguments.ok()) return std::move(arguments).status();
  const std::string_view key = (*arguments)["key"].AsString();
  if (key.find('\0') != std::string_view::npos) {
    return Status(ErrorCode::kLocation31032, "Key field cannot contain an embedded null byte");
  }
  request->kind = ExplainRequest::Kind::kDistinct;
  request->path = std::string(key);
  request->filter = arguments->Object("query");
  FindOptions& options = request->options;
  options.max_time_ms = MaxTimeMs(invocation);
  options.hint = (*arguments)["hint"];
  options.collation = bson::Document(arguments->Object("collation"));
  return Status::Ok();
}

Status RunDistinct(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  ExplainRequest request;
  Status read = ReadDistinct(*invocation, &request);
  if (!read.ok()) return read;
  Result<bson::Document> values =
      collection->Distinct(request.path, request.filter, request.options);
  if (!values.ok()) return std::move(values).status();
  if (values->size() > kBatchBytesMax) {
    return Status(ErrorCode::kLocation17217, "distinct too big, 16mb cap");
  }
  reply->AppendArray("values", *values);
  const Result<CollectionInfo> info = collection->Info();
  invocation->integer_ok = info.ok() && info->is_view;
  return Status::Ok();
}

}  // namespace cairn::server
