// SPDX-License-Identifier: Apache-2.0
// listCollections: {listCollections: 1, filter, nameOnly, cursor}.
#include <memory>
#include <utility>
#include <vector>

#include "server/command/batch.h"
#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"authorizedCollections", Use::kIgnored, Accepts::kBool},
    {"cursor", Use::kOptional, Accepts::kObject},
    {"filter", Use::kOptional, Accepts::kObject},
    {"nameOnly", Use::kOptional, Accepts::kBoolOrNumber},
};
static_assert(IsSorted(kParameters));

constexpr uint8_t kUuidSubtype = 4;

const char* TypeOf(const CollectionInfo& info) { return info.is_view ? "view" : "collection"; }

bson::Document Describe(const CollectionInfo& info) {
  bson::Builder document;
  document.AppendString("name", info.name).AppendString("type", TypeOf(info));
  document.AppendDocument("options", info.options);
  document.OpenDocument("info").AppendBool("readOnly", info.is_view);
  if (!info.is_view) document.AppendBinary("uuid", kUuidSubtype, info.uuid);
  document.Close();
  // A clustered collection has no index on _id besides itself.
  if (info.is_view || !info.options["clusteredIndex"].missing()) return document.Finish();
  document.OpenDocument("idIndex").AppendInt32("v", 2);
  document.OpenDocument("key").AppendInt32("_id", 1).Close();
  document.AppendString("name", "_id_").Close();
  return document.Finish();
}

bson::Document DescribeByName(const CollectionInfo& info) {
  bson::Builder document;
  document.AppendString("name", info.name).AppendString("type", TypeOf(info));
  return document.Finish();
}

}  // namespace

Status RunListCollections(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<int64_t> batch_size = ParseCursorParameter("listCollections", (*arguments)["cursor"]);
  if (!batch_size.ok()) return std::move(batch_size).status();
  Result<Filter> filter = Filter::Parse(arguments->Object("filter"));
  if (!filter.ok()) return std::move(filter).status();
  Result<std::vector<CollectionInfo>> collections =
      invocation->database->ListCollections(invocation->database_name);
  if (!collections.ok()) return std::move(collections).status();

  const bool name_only = arguments->Bool("nameOnly", false);
  std::vector<bson::Document> documents;
  for (const CollectionInfo& info : *collections) {
    bson::Document document = name_only ? DescribeByName(info) : Describe(info);
    Result<bool> matches = filter->Matches(document);
    if (!matches.ok()) return std::move(matches).status();
    if (*matches) documents.push_back(std::move(document));
  }
  OpenCursor cursor;
  cursor.ns = Namespace(invocation->database_name, "$cmd.listCollections");
  cursor.remaining = static_cast<int64_t>(documents.size());
  cursor.source = std::make_unique<ListSource>(std::move(documents));
  return ReplyFirstBatch(invocation, std::move(cursor), *batch_size, false, reply);
}

}  // namespace cairn::server
