// SPDX-License-Identifier: Apache-2.0
// validateDBMetadata: {validateDBMetadata: 1, apiParameters: {version, strict, deprecationErrors},
// db, collection}: what of collections and indexes is outside API version 1.
#include <string>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

constexpr size_t kDatabaseNameBytesMax = 63;
constexpr size_t kErrorsMax = 100000;

// table: sorted
constexpr Parameter kParameters[] = {
    {"apiParameters", Use::kRequired, Accepts::kObject},
    {"collection", Use::kOptional, Accepts::kString},
    {"db", Use::kOptional, Accepts::kString},
};
static_assert(IsSorted(kParameters));

// table: sorted
constexpr Parameter kApi[] = {
    {"deprecationErrors", Use::kOptional, Accepts::kBool, Null::kWrongType},
    {"strict", Use::kOptional, Accepts::kBool, Null::kWrongType},
    {"version", Use::kRequired, Accepts::kString},
};
static_assert(IsSorted(kApi));

// The rules of database names as this command has them.
Status CheckName(std::string_view name) {
  if (name.empty()) return Status(ErrorCode::kLocation28539, "the database's name is empty");
  if (name.find_first_of(std::string_view(".\0", 2)) != std::string_view::npos ||
      name.size() > kDatabaseNameBytesMax) {
    return Status(ErrorCode::kInvalidNamespace, "Invalid db name: '" + std::string(name) + "'");
  }
  if (name.find_first_of("/\\ \"") != std::string_view::npos) {
    return Status(ErrorCode::kLocation13280, "Invalid db name: '" + std::string(name) + "'");
  }
  return Status::Ok();
}

bool IsOutside(const IndexInfo& index) {
  for (const bson::Element& field : index.keys.view()) {
    if (field.value.type() != bson::Type::kString) continue;
    if (field.value.AsString() == "text" || field.value.AsString() == "geoHaystack") return true;
  }
  return IsTrue(index.options["sparse"]);
}

void AddErrors(std::string_view database, const CollectionInfo& collection, size_t* count,
               bson::Builder* reply) {
  for (const IndexInfo& index : collection.indexes) {
    if (!IsOutside(index) || ++*count > kErrorsMax) continue;
    reply->OpenDocument(reply->NextIndex());
    reply->AppendString("ns", Namespace(database, collection.name));
    reply->AppendInt32("code", static_cast<int32_t>(ErrorCode::kAPIStrictError));
    reply->AppendString("codeName", ErrorName(ErrorCode::kAPIStrictError));
    reply->AppendString("errmsg",
                        "The index with name " + index.name + " is not allowed in API version 1.");
    reply->Close();
  }
}

}  // namespace

Status RunValidateDbMetadata(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<Arguments> api = Arguments::OfDocument("validateDBMetadata.apiParameters", kApi,
                                                arguments->Object("apiParameters"));
  if (!api.ok()) return std::move(api).status();
  if ((*api)["version"].AsString() != "1") {
    return Status(ErrorCode::kAPIVersionError, "API version must be \"1\"");
  }
  std::vector<std::string> databases;
  if (arguments->Has("db")) {
    databases.emplace_back((*arguments)["db"].AsString());
    Status valid = CheckName(databases.front());
    if (!valid.ok()) return valid;
  } else {
    databases = invocation->database->ListDatabases();
  }
  const bool strict = api->Bool("strict", false);
  size_t count = 0;
  reply->OpenArray("apiVersionErrors");
  for (const std::string& database : databases) {
    Result<std::vector<CollectionInfo>> collections =
        invocation->database->ListCollections(database);
    if (!collections.ok()) continue;  // No database has such a name.
    for (const CollectionInfo& collection : *collections) {
      if (arguments->Has("collection") &&
          (*arguments)["collection"].AsString() != collection.name) {
        continue;
      }
      if (strict) AddErrors(database, collection, &count, reply);
    }
  }
  reply->Close();
  if (count > kErrorsMax) reply->AppendBool("hasMoreErrors", true);
  return Status::Ok();
}

}  // namespace cairn::server
