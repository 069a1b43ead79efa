// SPDX-License-Identifier: Apache-2.0
// delete: {delete, deletes: [{q, limit, hint, collation}], ordered}.
#include <utility>

#include "server/command/commands.h"
#include "server/command/update_style.h"
#include "server/command/write_batch.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"deletes", Use::kRequired, Accepts::kArray},
    {"encryptionInformation", Use::kUnsupported, Accepts::kObject},
    {"isTimeseriesNamespace", Use::kUnsupported, Accepts::kBool},
    {"let", Use::kOptional, Accepts::kObject},
    {"ordered", Use::kOptional, Accepts::kBool},
    {"stmtId", Use::kUnsupported, Accepts::kInteger},
    {"stmtIds", Use::kUnsupported, Accepts::kArray},
};
static_assert(IsSorted(kParameters));

// table: sorted
constexpr Parameter kDelete[] = {
    CollationParameter(),
    HintParameter(Use::kOptional),
    {"limit", Use::kRequired, Accepts::kInteger},
    {"q", Use::kRequired, Accepts::kObject},
    {"sampleId", Use::kIgnored},
};
static_assert(IsSorted(kDelete));

Status CheckLimit(const Arguments& arguments) {
  const int64_t limit = ToInt64(arguments["limit"]);
  if (limit == 0 || limit == 1) return Status::Ok();
  return Status(ErrorCode::kFailedToParse,
                "The limit field in delete objects must be 0 or 1. Got " + std::to_string(limit));
}

Result<std::vector<Arguments>> ReadDeletes(const Arguments& command) {
  return ReadStatements("delete.deletes", command["deletes"], kDelete, CheckLimit);
}

}  // namespace

Status ReadDelete(const Invocation& invocation, ExplainRequest* request) {
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation.body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<std::vector<Arguments>> deletes = ReadDeletes(*arguments);
  if (!deletes.ok()) return std::move(deletes).status();
  if (deletes->size() != 1) return OneStatementOnly();
  const Arguments& one = deletes->front();
  request->kind = ExplainRequest::Kind::kDelete;
  request->filter = one.Object("q");
  request->multi = ToInt64(one["limit"]) == 0;
  request->options = SelectionOf(invocation, one);
  request->options.let = bson::Document(arguments->Object("let"));
  return Status::Ok();
}

Status RunDelete(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<std::vector<Arguments>> read = ReadDeletes(*arguments);
  if (!read.ok()) return std::move(read).status();
  const std::vector<Arguments>& deletes = *read;

  DeleteOptions options;
  options.durability = Durability::kRelaxed;  // the reply is held instead
  options.max_time_ms = invocation->generic.max_time_ms.value_or(0);
  options.let = bson::Document(arguments->Object("let"));
  const bool ordered = arguments->Bool("ordered", true);
  int64_t deleted = 0;
  WriteErrors errors;
  for (size_t i = 0; i < deletes.size(); ++i) {
    const bson::View filter = deletes[i].Object("q");
    options.hint = HintOf(deletes[i]);
    options.collation = bson::Document(deletes[i].Object("collation"));
    Result<DeleteResult> result = ToInt64(deletes[i]["limit"]) == 1
                                      ? collection->DeleteOne(filter, options)
                                      : collection->DeleteMany(filter, options);
    if (result.ok()) {
      deleted += result->deleted;
      if (result->commit != 0) invocation->commit = result->commit;
      continue;
    }
    const bool ends = EndsBatch(result.status());
    if (i == 0 && ends) return std::move(result).status();
    errors.Add(i, result.status());
    if (ordered || ends) break;
  }
  AppendCount("n", deleted, reply);
  errors.AppendTo(*invocation, reply);
  return Status::Ok();
}

}  // namespace cairn::server
