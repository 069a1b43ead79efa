// SPDX-License-Identifier: Apache-2.0
// validate: {validate: collection, metadata}. Compares documents with indexes, always in full; with
// metadata only looks at what is listed.
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

constexpr uint8_t kUuidSubtype = 4;

// As MongoDB reads them: anything but false, 0, null and nothing is yes.
bool Asks(bson::View body, std::string_view option) {
  const bson::Value value = body[option];
  if (value.IsNullish()) return false;
  if (value.type() == bson::Type::kBool || value.IsNumber()) return IsTrue(value);
  return true;
}

Status CheckOptions(bson::View body) {
  for (const std::string_view option : {"repair", "fixMultikey"}) {
    if (Asks(body, option)) return UnsupportedField("validate", option);
  }
  const bool metadata = Asks(body, "metadata");
  const bool background = Asks(body, "background");
  for (const std::string_view option : {"full", "enforceFastCount", "checkBSONConformance"}) {
    if (!Asks(body, option)) continue;
    if (metadata || (background && option != "checkBSONConformance")) {
      return Status(ErrorCode::kInvalidOptions,
                    "Running the validate command with { " +
                        std::string(metadata ? "metadata" : "background") + ": true } and " +
                        std::string(option) + " is not supported.");
    }
  }
  if (metadata && background) {
    return Status(ErrorCode::kInvalidOptions,
                  "Running the validate command with { metadata: true } and background is not "
                  "supported.");
  }
  return Status::Ok();
}

void AppendIndexes(const CollectionInfo& info, bool valid, bson::Builder* reply) {
  reply->OpenDocument("indexDetails");
  for (const IndexInfo& index : info.indexes) {
    reply->OpenDocument(index.name).AppendBool("valid", valid);
    reply->OpenDocument("spec").AppendInt32("v", 2).AppendDocument("key", index.keys);
    reply->AppendString("name", index.name);
    if (index.unique) reply->AppendBool("unique", true);
    for (const bson::Element& option : index.options.view()) {
      if (option.name != "v") reply->Append(option.name, option.value);
    }
    reply->Close().Close();
  }
  reply->Close();
}

void AppendEmptyArray(std::string_view name, bson::Builder* reply) {
  reply->OpenArray(name).Close();
}

}  // namespace

Status RunValidate(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Status options = CheckOptions(invocation->body);
  if (!options.ok()) return options;
  Result<CollectionInfo> info = collection->Info();
  if (!info.ok()) return std::move(info).status();
  const bool metadata = Asks(invocation->body, "metadata") && !info->is_view;
  ValidateResult result;
  if (!metadata) {
    Result<ValidateResult> validated = collection->Validate();
    if (!validated.ok()) return std::move(validated).status();
    result = std::move(validated).value();
  }
  reply->AppendString("ns", Namespace(collection->database(), collection->name()));
  reply->AppendBinary("uuid", kUuidSubtype, info->uuid);
  if (!metadata) {
    reply->AppendInt32("nInvalidDocuments", 0).AppendInt32("nNonCompliantDocuments", 0);
    AppendCount("nrecords", result.documents, reply);
    AppendCount("nCounted", result.counted_documents, reply);
  }
  reply->AppendInt32("nIndexes", static_cast<int32_t>(info->indexes.size()));
  reply->OpenDocument("keysPerIndex");
  for (const auto& [name, keys] : result.index_keys) AppendCount(name, keys, reply);
  reply->Close();
  AppendIndexes(*info, result.valid, reply);
  reply->AppendBool("valid", result.valid).AppendBool("repaired", false);
  reply->AppendString("repairMode", "None");
  AppendEmptyArray("warnings", reply);
  reply->OpenArray("errors");
  for (const std::string& error : result.errors) reply->AppendString(reply->NextIndex(), error);
  reply->Close();
  AppendEmptyArray("extraIndexEntries", reply);
  AppendEmptyArray("missingIndexEntries", reply);
  AppendEmptyArray("corruptRecords", reply);
  return Status::Ok();
}

}  // namespace cairn::server
