// SPDX-License-Identifier: Apache-2.0
// convertToCapped: {convertToCapped: collection, size}, and
// cloneCollectionAsCapped: {cloneCollectionAsCapped: collection, toCollection, size}.
// Fields that they do not know are passed over, as in MongoDB.
#include <string>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

Result<int64_t> ReadSize(const Invocation& invocation) {
  const bson::Value size = invocation.body["size"];
  const int64_t bytes = ToInt64(size);
  if (!size.IsNumber() || bytes <= 0) {
    return Status(ErrorCode::kInvalidOptions, "Capped collection size must be greater than zero");
  }
  return bytes;
}

Result<Collection> Named(const Invocation& invocation, std::string_view field) {
  const bson::Value name = invocation.body[field];
  if (name.type() != bson::Type::kString) {
    return Status(ErrorCode::kTypeMismatch, "'" + std::string(field) + "' must be a string, not " +
                                                std::string(bson::TypeName(name.type())));
  }
  return invocation.database->GetCollection(invocation.database_name, name.AsString());
}

}  // namespace

Status RunConvertToCapped(Invocation* invocation, bson::Builder* reply) {
  (void)reply;
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<int64_t> size = ReadSize(*invocation);
  if (!size.ok()) return std::move(size).status();
  Result<CommitNumber> commit = collection->ConvertToCapped(*size);
  if (!commit.ok()) return std::move(commit).status();
  invocation->commit = *commit;
  return Status::Ok();
}

Status RunCloneCollectionAsCapped(Invocation* invocation, bson::Builder* reply) {
  (void)reply;
  Result<Collection> source = Named(*invocation, invocation->name);
  if (!source.ok()) return std::move(source).status();
  Result<Collection> target = Named(*invocation, "toCollection");
  if (!target.ok()) return std::move(target).status();
  Result<int64_t> size = ReadSize(*invocation);
  if (!size.ok()) return std::move(size).status();
  Result<CommitNumber> commit = source->CloneAsCapped(target->name(), *size);
  if (!commit.ok()) return std::move(commit).status();
  invocation->commit = *commit;
  return Status::Ok();
}

}  // namespace cairn::server
