// SPDX-License-Identifier: Apache-2.0
// listIndexes: {listIndexes: collection, cursor}.
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
    {"cursor", Use::kOptional, Accepts::kObject},
    {"includeBuildUUIDs", Use::kOptional, Accepts::kBoolOrNumber},
    {"includeIndexBuildInfo", Use::kOptional, Accepts::kBoolOrNumber},
    {"isTimeseriesNamespace", Use::kUnsupported, Accepts::kBool},
};
static_assert(IsSorted(kParameters));

bson::Document Describe(const IndexInfo& index) {
  bson::Builder document;
  document.AppendInt32("v", 2).AppendDocument("key", index.keys).AppendString("name", index.name);
  if (index.unique) document.AppendBool("unique", true);
  for (const bson::Element& option : index.options.view()) {
    if (option.name != "v" && option.name != "key" && option.name != "name" &&
        option.name != "unique") {
      document.Append(option.name, option.value);
    }
  }
  return document.Finish();
}

// With includeIndexBuildInfo.
bson::Document Wrap(const IndexInfo& index) {
  bson::Builder out;
  out.AppendDocument("spec", Describe(index));
  if (index.building) out.OpenDocument("indexBuildInfo").AppendString("method", "Hybrid").Close();
  return out.Finish();
}

}  // namespace

Status RunListIndexes(Invocation* invocation, bson::Builder* reply) {
  Result<Collection> collection = TargetCollection(*invocation);
  if (!collection.ok()) return std::move(collection).status();
  Result<Arguments> arguments = Arguments::OfCommand(kParameters, invocation->body);
  if (!arguments.ok()) return std::move(arguments).status();
  Result<int64_t> batch_size = ParseCursorParameter("listIndexes", (*arguments)["cursor"]);
  if (!batch_size.ok()) return std::move(batch_size).status();
  Result<CollectionInfo> info = collection->Info();
  if (!info.ok()) return std::move(info).status();

  const bool wrapped = arguments->Bool("includeIndexBuildInfo", false);
  if (wrapped && arguments->Bool("includeBuildUUIDs", false)) {
    return Status(ErrorCode::kInvalidOptions,
                  "The includeBuildUUIDs flag and includeBuildIndexInfo flag cannot both be set to "
                  "true");
  }
  std::vector<bson::Document> documents;
  for (const IndexInfo& index : info->indexes)
    documents.push_back(wrapped ? Wrap(index) : Describe(index));
  OpenCursor cursor;
  cursor.ns = Namespace(collection->database(), collection->name());
  cursor.remaining = static_cast<int64_t>(documents.size());
  cursor.source = std::make_unique<ListSource>(std::move(documents));
  return ReplyFirstBatch(invocation, std::move(cursor), *batch_size, false, reply);
}

}  // namespace cairn::server
