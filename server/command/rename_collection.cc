// SPDX-License-Identifier: Apache-2.0
// renameCollection: {renameCollection: "db.collection", to: "db.collection", dropTarget}. On the
// database "admin".
#include <algorithm>
#include <string>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

constexpr size_t kUuidBytes = 16;
constexpr size_t kNamespaceBytesMax = 255;
constexpr uint8_t kUuidSubtype = 4;

// table: sorted
constexpr Parameter kParameters[] = {
    {"dropTarget", Use::kOptional, Accepts::kBoolNumberOrBinary},
    {"stayTemp", Use::kIgnored, Accepts::kBool},
    {"to", Use::kRequired, Accepts::kString},
};
static_assert(IsSorted(kParameters));

// "database.collection" taken apart.
struct Name {
  std::string_view database;
  std::string_view collection;
};

Result<Name> Split(std::string_view ns) {
  const size_t dot = ns.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == ns.size()) {
    return Status(ErrorCode::kInvalidNamespace, "Invalid namespace: '" + std::string(ns) + "'");
  }
  if (ns.size() > kNamespaceBytesMax) {
    return Status(ErrorCode::kIllegalOperation, "a namespace has at most 255 bytes");
  }
  if (ns.find('$') != std::string_view::npos && ns.find('\0') == std::string_view::npos) {
    return Status(ErrorCode::kIllegalOperation,
                  "a namespace with a '$' cannot be renamed: '" + std::string(ns) + "'");
  }
  return Name{ns.substr(0, dot), ns.substr(dot + 1)};
}

Result<RenameOptions> ReadOptions(bson::Value drop_target) {
  RenameOptions options;
  if (drop_target.missing()) return options;
  if (drop_target.type() != bson::Type::kBinary) {
    options.drop_target = IsTrue(drop_target);
    return options;
  }
  const std::string_view uuid = drop_target.AsBinary();
  if (drop_target.BinarySubtype() != kUuidSubtype || uuid.size() != kUuidBytes) {
    return Status(ErrorCode::kInvalidUUID, "uuid must be a 16-byte binary field with UUID subtype");
  }
  std::array<uint8_t, kUuidBytes> bytes;
  std::ranges::copy(uuid, bytes.begin());
  options.target_uuid = bytes;
  return options;
}

// Collections that the server itself looks into keep their names.
Status CheckSystem(const Name& from, const Name& to) {
  const auto is_system = [](const Name& name) {
    return name.collection.starts_with("system.") ||
           (name.database == "local" && name.collection.starts_with("oplog."));
  };
  if (is_system(from) != is_system(to) || is_system(from)) {
    return Status(ErrorCode::kIllegalOperation, "collections of the system are not renamed: " +
                                                    Namespace(from.database, from.collection));
  }
  return Status::Ok();
}

}  // namespace

Status RunRenameCollection(Invocation* invocation, bson::Builder* reply) {
  (void)reply;
  const bson::Value target = invocation->target();
  if (target.IsNullish()) return MissingField(invocation->name, invocation->name);
  Status type = CheckType("renameCollection.renameCollection", target, Accepts::kString);
  if (!type.ok()) return type;
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<RenameOptions> options = ReadOptions((*arguments)["dropTarget"]);
  if (!options.ok()) return std::move(options).status();
  Result<Name> from = Split(target.AsString());
  if (!from.ok()) return std::move(from).status();
  Result<Name> to = Split((*arguments)["to"].AsString());
  if (!to.ok()) return std::move(to).status();
  Result<Collection> source = invocation->database->GetCollection(from->database, from->collection);
  if (!source.ok()) return std::move(source).status();
  Result<Collection> renamed = invocation->database->GetCollection(to->database, to->collection);
  if (!renamed.ok()) return std::move(renamed).status();
  Status system = CheckSystem(*from, *to);
  if (!system.ok()) return system;
  Result<CommitNumber> commit = source->Rename(to->database, to->collection, *options);
  if (!commit.ok()) return std::move(commit).status();
  invocation->commit = *commit;
  return Status::Ok();
}

}  // namespace cairn::server
