// SPDX-License-Identifier: Apache-2.0
// insert: {insert, documents, ordered}.
#include <utility>

#include "server/command/commands.h"
#include "server/command/write_batch.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"bypassDocumentValidation", Use::kOptional, Accepts::kBoolOrNumber},
    {"documents", Use::kRequired, Accepts::kArray},
    {"encryptionInformation", Use::kUnsupported, Accepts::kObject},
    {"isTimeseriesNamespace", Use::kUnsupported, Accepts::kBool},
    {"ordered", Use::kOptional, Accepts::kBool},
    {"stmtId", Use::kUnsupported, Accepts::kInteger},
    {"stmtIds", Use::kUnsupported, Accepts::kArray},
};
static_assert(IsSorted(kParameters));

}  // namespace

Status RunInsert(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<std::vector<bson::View>> documents =
      ParseBatch("insert.documents", (*arguments)["documents"]);
  if (!documents.ok()) return std::move(documents).status();

  InsertOptions options;
  options.durability = Durability::kRelaxed;  // the reply is held instead
  options.ordered = arguments->Bool("ordered", true);
  options.bypass_validation = arguments->Bool("bypassDocumentValidation", false);
  Result<InsertManyResult> result = collection->InsertMany(*documents, options);
  if (!result.ok()) return std::move(result).status();
  invocation->commit = result->commit;
  if (result->inserted_ids.empty() && !result->errors.empty() &&
      EndsBatch(result->errors.front().status)) {
    return result->errors.front().status;
  }
  WriteErrors errors;
  for (const WriteError& error : result->errors) errors.Add(error.index, error.status);
  reply->AppendInt32("n", static_cast<int32_t>(result->inserted_ids.size()));
  errors.AppendTo(*invocation, reply);
  return Status::Ok();
}

}  // namespace cairn::server
