// SPDX-License-Identifier: Apache-2.0
// dbHash: hashes of the documents of each collection, to compare databases by.
#include <string>
#include <utility>
#include <vector>

#include "server/command/commands.h"

namespace cairn::server {
namespace {

constexpr uint8_t kUuidSubtype = 4;

// Which collections are wanted; empty: all. Anything but names says nothing.
std::vector<std::string> WantedNames(bson::Value names) {
  std::vector<std::string> wanted;
  if (names.type() != bson::Type::kArray) return wanted;
  for (const bson::Element& name : names.AsView()) {
    if (name.value.type() == bson::Type::kString) wanted.emplace_back(name.value.AsString());
  }
  return wanted;
}

bool IsCapped(const CollectionInfo& info) {
  const bson::Value capped = info.options["capped"];
  return capped.type() == bson::Type::kBool && capped.AsBool();
}

}  // namespace

Status RunDbHash(Invocation* invocation, bson::Builder* reply) {
  const std::string_view database = invocation->database_name;
  Result<DatabaseHash> hash =
      invocation->database->Hash(database, WantedNames(invocation->body["collections"]),
                                 invocation->generic.max_time_ms.value_or(0));
  if (!hash.ok()) return std::move(hash).status();
  reply->AppendString("host", ThisHost()).OpenDocument("collections");
  for (const auto& [name, sum] : hash->collections) reply->AppendString(name, sum);
  reply->Close();
  std::vector<CollectionInfo> infos;
  for (const auto& [name, sum] : hash->collections) {
    Result<Collection> collection = invocation->database->GetCollection(database, name);
    if (!collection.ok()) return std::move(collection).status();
    Result<CollectionInfo> info = collection->Info();
    if (info.ok()) infos.push_back(std::move(info).value());
  }
  reply->OpenArray("capped");
  for (const CollectionInfo& info : infos) {
    if (IsCapped(info)) reply->AppendString(reply->NextIndex(), info.name);
  }
  reply->Close().OpenDocument("uuids");
  for (const CollectionInfo& info : infos) {
    reply->AppendBinary(info.name, kUuidSubtype, info.uuid);
  }
  reply->Close().AppendString("md5", hash->all);
  return Status::Ok();
}

}  // namespace cairn::server
