// SPDX-License-Identifier: Apache-2.0
#include "query/listing.h"

namespace cairn {
namespace {

// Unlike others it is not shown to be unique.
IndexInfo IdIndex(const catalog::Collection& collection) {
  IndexInfo info;
  info.name = "_id_";
  info.keys = bson::Builder().AppendInt32("_id", 1).Finish();
  const catalog::IndexSpec* index = collection.FindIndex(catalog::kIdIndexName);
  if (index != nullptr) info.options = index->options;
  return info;
}

}  // namespace

CollectionInfo DescribeCollection(const store::DocumentStore& store,
                                  const catalog::Collection& collection) {
  CollectionInfo info;
  info.name = collection.name;
  info.uuid.assign(collection.uuid.begin(), collection.uuid.end());
  info.options = collection.options;
  const kv::Counts counts = store.GetCounts(collection);
  info.documents = counts.documents;
  info.bytes = counts.bytes;
  info.indexes.push_back(IdIndex(collection));
  for (const catalog::IndexSpec& index : collection.indexes) {
    if (!index.ready || index.name == catalog::kIdIndexName) continue;
    info.indexes.push_back({index.name, index.key_pattern, index.unique, index.options});
  }
  return info;
}

}  // namespace cairn
