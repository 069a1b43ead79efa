// SPDX-License-Identifier: Apache-2.0
// validate: {validate: collection}. Compares documents with indexes; always in full.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"background", Use::kIgnored, Accepts::kBoolOrNumber},
    {"checkBSONConformance", Use::kIgnored, Accepts::kBoolOrNumber},
    {"enforceFastCount", Use::kIgnored, Accepts::kBoolOrNumber},
    {"fixMultikey", Use::kUnsupported, Accepts::kBoolOrNumber},
    {"full", Use::kIgnored, Accepts::kBoolOrNumber},
    {"metadata", Use::kIgnored, Accepts::kBoolOrNumber},
    {"repair", Use::kUnsupported, Accepts::kBoolOrNumber},
};
static_assert(IsSorted(kParameters));

void AppendEmptyArray(std::string_view name, bson::Builder* reply) {
  reply->OpenArray(name).Close();
}

}  // namespace

Status RunValidate(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<ValidateResult> result = collection->Validate();
  if (!result.ok()) return std::move(result).status();

  reply->AppendString("ns", Namespace(collection->database(), collection->name()));
  reply->AppendInt64("nInvalidDocuments", 0);
  AppendCount("nrecords", result->documents, reply);
  AppendCount("nCounted", result->counted_documents, reply);
  reply->AppendInt32("nIndexes", static_cast<int32_t>(result->index_keys.size()));
  reply->OpenDocument("keysPerIndex");
  for (const auto& [name, keys] : result->index_keys) reply->AppendInt64(name, keys);
  reply->Close();
  reply->AppendBool("valid", result->valid).AppendBool("repaired", false);
  AppendEmptyArray("warnings", reply);
  reply->OpenArray("errors");
  for (const std::string& error : result->errors) reply->AppendString(reply->NextIndex(), error);
  reply->Close();
  return Status::Ok();
}

}  // namespace cairn::server
