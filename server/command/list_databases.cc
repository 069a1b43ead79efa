// SPDX-License-Identifier: Apache-2.0
// listDatabases: {listDatabases: 1, filter, nameOnly}.
#include <string>
#include <utility>

#include "server/command/commands.h"
#include "server/command/parameters.h"

namespace cairn::server {
namespace {

// table: sorted
constexpr Parameter kParameters[] = {
    {"authorizedDatabases", Use::kIgnored, Accepts::kBool},
    {"filter", Use::kOptional, Accepts::kObject},
    {"nameOnly", Use::kOptional, Accepts::kBoolOrNumber},
};
static_assert(IsSorted(kParameters));

constexpr int64_t kMegabyte = int64_t{1} << 20;

}  // namespace

Status RunListDatabases(Invocation* invocation, bson::Builder* reply) {
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<Filter> filter = Filter::Parse(arguments->Object("filter"));
  if (!filter.ok()) return std::move(filter).status();
  const bool name_only = arguments->Bool("nameOnly", false);

  int64_t total_bytes = 0;
  reply->OpenArray("databases");
  for (const std::string& name : invocation->database->ListDatabases()) {
    Result<std::vector<CollectionInfo>> collections = invocation->database->ListCollections(name);
    if (!collections.ok()) return std::move(collections).status();
    int64_t bytes = 0;
    for (const CollectionInfo& info : *collections) bytes += info.bytes;
    bson::Builder entry;
    entry.AppendString("name", name);
    if (!name_only) {
      entry.AppendInt64("sizeOnDisk", bytes).AppendBool("empty", collections->empty());
    }
    const bson::Document document = entry.Finish();
    Result<bool> matches = filter->Matches(document);
    if (!matches.ok()) return std::move(matches).status();
    if (!*matches) continue;
    total_bytes += bytes;
    reply->AppendDocument(reply->NextIndex(), document);
  }
  reply->Close();
  if (!name_only) {
    reply->AppendInt64("totalSize", total_bytes);
    reply->AppendInt64("totalSizeMb", total_bytes / kMegabyte);
  }
  return Status::Ok();
}

}  // namespace cairn::server
