// SPDX-License-Identifier: Apache-2.0
#include "query/listing.h"

#include <algorithm>
#include <utility>

namespace cairn {
namespace {

// Unlike others it is not shown to be unique.
IndexInfo IdIndex(const catalog::Collection& collection) {
  IndexInfo info;
  info.name = "_id_";
  info.keys = bson::Builder().AppendInt32("_id", 1).Finish();
  const catalog::IndexSpec* index = collection.FindIndex(catalog::kIdIndexName);
  if (index != nullptr) info.options = index->options;
  const bson::Value clustered = collection.options["clusteredIndex"];
  if (clustered.type() == bson::Type::kDocument) {
    info.name = clustered.AsView()["name"].AsString();
    info.unique = true;
    info.options = bson::Builder().AppendBool("clustered", true).Finish();
  }
  return info;
}

}  // namespace

CollectionInfo DescribeCollection(const store::DocumentStore& store,
                                  const catalog::Collection& collection) {
  CollectionInfo info;
  info.name = collection.name;
  info.uuid.assign(collection.uuid.begin(), collection.uuid.end());
  info.options = collection.options;
  info.is_view = collection.is_view;
  if (collection.is_view) return info;
  const kv::Counts counts = store.GetCounts(collection);
  info.documents = counts.documents;
  info.bytes = counts.bytes;
  info.indexes.push_back(IdIndex(collection));
  for (const catalog::IndexSpec& index : collection.indexes) {
    if (index.name == catalog::kIdIndexName) continue;
    info.indexes.push_back(
        {index.name, index.key_pattern, index.unique, index.options, !index.ready});
  }
  return info;
}

void AddSystemViews(std::vector<CollectionInfo>* infos) {
  constexpr std::string_view kName = "system.views";
  if (std::ranges::none_of(*infos, &CollectionInfo::is_view)) return;
  const auto place = std::ranges::lower_bound(*infos, kName, {}, &CollectionInfo::name);
  if (place != infos->end() && place->name == kName) return;
  CollectionInfo views;
  views.name = kName;
  views.uuid.assign(16, '\0');
  infos->insert(place, std::move(views));
}

}  // namespace cairn
