// SPDX-License-Identifier: Apache-2.0
// Collection: its indexes.
#include <algorithm>
#include <utility>
#include <vector>

#include "cairn/collection.h"
#include "engine/base/try.h"
#include "engine/catalog/names.h"
#include "engine/index/definition.h"
#include "query/engine.h"

namespace cairn {
namespace {

bson::Document Specification(const catalog::IndexSpec& index) {
  bson::Builder out;
  out.AppendInt32("v", 2).AppendDocument("key", index.key_pattern).AppendString("name", index.name);
  if (index.unique && index.name != catalog::kIdIndexName) out.AppendBool("unique", true);
  out.AppendAll(index.options);
  return out.Finish();
}

IndexStatistics StatisticsOf(const catalog::IndexSpec& index) {
  IndexStatistics statistics;
  statistics.name = index.name;
  statistics.keys = index.key_pattern;
  statistics.specification = Specification(index);
  statistics.building = !index.ready;
  if (index.usage != nullptr) {
    statistics.operations = index.usage->operations;
    statistics.since_ms = index.usage->since_ms;
  }
  return statistics;
}

// The one that the layout gives.
catalog::IndexSpec IdIndex(const catalog::Collection& collection) {
  catalog::IndexSpec index;
  index.name = catalog::kIdIndexName;
  index.key_pattern = bson::Builder().AppendInt32("_id", 1).Finish();
  index.ready = true;
  index.usage = collection.id_usage;
  return index;
}

Status CheckIsNoView(Engine& engine, const std::string& database, const std::string& name) {
  const store::CollectionPtr collection = engine.store().FindCollection(database, name);
  return collection == nullptr ? Status::Ok() : CheckIsCollection(*collection);
}

// The name of the clustered index; empty: the collection is none that says so.
std::string_view ClusteredName(const catalog::Collection* collection) {
  if (collection == nullptr) return {};
  const bson::Value clustered = collection->options["clusteredIndex"];
  return clustered.missing() ? std::string_view() : clustered.AsView()["name"].AsString();
}

}  // namespace

std::string DefaultIndexName(bson::View keys) { return index::DefaultName(keys); }

Result<CreateIndexesResult> Collection::CreateIndexes(std::span<const IndexModel> indexes) {
  CAIRN_TRY(catalog::CheckWritableCollectionName(database_, name_));
  CAIRN_TRY(CheckIsNoView(*engine_, database_, name_));
  std::vector<store::IndexDefinition> definitions;
  for (const IndexModel& model : indexes) {
    definitions.push_back({model.name, model.keys, model.unique, model.options});
  }
  CAIRN_TRY_ASSIGN(const store::CreateIndexesOutcome outcome,
                   engine_->store().CreateIndexes(database_, name_, definitions));
  return CreateIndexesResult{outcome.indexes_before, outcome.indexes_after,
                             outcome.created_collection, outcome.commit};
}

Result<DropIndexesResult> Collection::DropIndexes(const DropIndexesModel& indexes) {
  CAIRN_TRY(CheckIsNoView(*engine_, database_, name_));
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  const std::string_view clustered = ClusteredName(collection.get());
  if (!clustered.empty()) {
    const bson::Document by_id = bson::Builder().AppendInt32("_id", 1).Finish();
    if (std::ranges::find(indexes.names, clustered) != indexes.names.end() ||
        bson::Compare(indexes.keys.view(), by_id.view()) == 0) {
      return Status(ErrorCode::kLocation5979800, "Cannot drop the clusteredIndex");
    }
  }
  CAIRN_TRY_ASSIGN(
      const store::DdlOutcome outcome,
      engine_->store().DropIndexes(database_, name_, {indexes.all, indexes.names, indexes.keys}));
  return DropIndexesResult{outcome.indexes_were, outcome.commit};
}

Result<std::vector<IndexStatistics>> Collection::IndexStats() const {
  const store::CollectionPtr collection = engine_->store().FindCollection(database_, name_);
  if (collection == nullptr) {
    return Status(ErrorCode::kNamespaceNotFound,
                  "Collection [" + database_ + "." + name_ + "] not found.");
  }
  std::vector<IndexStatistics> statistics;
  if (collection->layout == catalog::Layout::kById) {
    statistics.push_back(StatisticsOf(IdIndex(*collection)));
  }
  for (const catalog::IndexSpec& index : collection->indexes) {
    statistics.push_back(StatisticsOf(index));
  }
  return statistics;
}

}  // namespace cairn
