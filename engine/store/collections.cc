// SPDX-License-Identifier: Apache-2.0
// How collections come and go.
#include <shared_mutex>
#include <utility>

#include "engine/base/try.h"
#include "engine/catalog/names.h"
#include "engine/kv/retry.h"
#include "engine/store/change_record.h"
#include "engine/store/store_impl.h"

namespace cairn::store {
namespace {

// `collator`: of the collection; may be null.
catalog::IndexSpec IdIndex(std::shared_ptr<const collation::Collator> collator) {
  bson::Builder pattern;
  pattern.AppendInt32("_id", 1);
  catalog::IndexSpec index;
  index.name = catalog::kIdIndexName;
  index.key_pattern = pattern.Finish();
  index.unique = true;
  index.ready = true;
  if (collator != nullptr) {
    bson::Builder options;
    options.AppendDocument("collation", collator->spec());
    index.options = options.Finish();
    index.icu_version = collation::Collator::Version();
    index.collator = std::move(collator);
  }
  return index;
}

}  // namespace

std::string_view UuidBytes(const catalog::Collection& collection) {
  return {reinterpret_cast<const char*>(collection.uuid.data()), collection.uuid.size()};
}

Status PutDrop(kv::Transaction& transaction, const catalog::Collection& collection,
               std::string* record) {
  CAIRN_TRY(catalog::DeleteCollection(transaction, collection));
  CAIRN_TRY(catalog::PutDropped(transaction, collection.id, catalog::DroppedKind::kDocuments));
  for (const catalog::IndexSpec& index : collection.indexes) {
    CAIRN_TRY(catalog::PutIndexDropped(transaction, index));
  }
  if (collection.layout == catalog::Layout::kByRecord) {
    CAIRN_TRY(transaction.Delete(key::Family::kCatalog, key::RecordMarkKey(collection.id)));
  }
  transaction.DropCounts(collection.id);
  const std::string ns = collection.Namespace();
  AppendChange({.kind = ChangeKind::kDropCollection,
                .collection_id = collection.id,
                .ns = ns,
                .uuid = UuidBytes(collection)},
               record);
  return Status::Ok();
}

Result<kv::CommitNumber> StoreImpl::CommitNew(catalog::Collection* collection) {
  return kv::RunTransaction(kv_.get(), {}, [&](kv::Transaction& transaction) -> Status {
    const auto ids = static_cast<uint32_t>(1 + collection->indexes.size());
    CAIRN_TRY_ASSIGN(uint32_t id, catalog::AllocateIds(transaction, ids));
    collection->id = id;
    for (catalog::IndexSpec& index : collection->indexes) index.id = ++id;
    CAIRN_TRY(catalog::PutCollection(transaction, *collection));
    const std::string ns = collection->Namespace();
    std::string record;
    AppendChange({.kind = ChangeKind::kCreateCollection,
                  .collection_id = collection->id,
                  .ns = ns,
                  .uuid = UuidBytes(*collection),
                  .options = collection->options.bytes()},
                 &record);
    transaction.AppendLog(record);
    return Status::Ok();
  });
}

Result<CollectionPtr> StoreImpl::CreateCollection(std::string_view database, std::string_view name,
                                                  catalog::Layout layout, bson::View options,
                                                  kv::CommitNumber* commit) {
  CAIRN_TRY(catalog::CheckWritableCollectionName(database, name));
  catalog::Collection collection;
  collection.uuid = catalog::NewUuid(options_.clock);
  collection.database = database;
  collection.name = name;
  collection.layout = layout;
  collection.SetOptions(bson::Document(options));
  CAIRN_TRY_ASSIGN(collection.collator, catalog::CollatorOf(options));
  const bool keeps_ids = layout == catalog::Layout::kByRecord || collection.collator != nullptr;
  if (keeps_ids && !collection.is_view) {
    collection.indexes.push_back(IdIndex(collection.collator));
  }
  const std::lock_guard lock(names_mutex_);
  if (catalog_.Find(database, name) != nullptr) {
    return Status(ErrorCode::kNamespaceExists,
                  "Collection " + collection.Namespace() + " already exists.");
  }
  CAIRN_TRY_ASSIGN(const kv::CommitNumber committed, CommitNew(&collection));
  if (commit != nullptr) *commit = committed;
  auto state = std::make_shared<CollectionState>(collection, filter_compiler_);
  return Publish(std::move(collection), std::move(state));
}

Result<CollectionPtr> StoreImpl::FindOrCreateCollection(std::string_view database,
                                                        std::string_view name) {
  for (;;) {
    if (CollectionPtr found = catalog_.Find(database, name)) return found;
    Result<CollectionPtr> created =
        CreateCollection(database, name, catalog::Layout::kById, bson::Document(), nullptr);
    if (created.status().code() != ErrorCode::kNamespaceExists) return created;
  }
}

Result<DdlOutcome> StoreImpl::Drop(const CollectionPtr& collection,
                                   std::string_view database_dropped) {
  const std::shared_ptr<CollectionState> state = StateOf(*collection);
  if (state == nullptr) return DdlOutcome{};
  state->drop_wanted = true;  // An index build would hold build_mutex for long.
  const std::lock_guard build(state->build_mutex);
  const std::unique_lock latch(state->latch);
  if (state->dropped) return DdlOutcome{};
  const catalog::Collection& current = state->writer().collection;
  DdlOutcome outcome;
  outcome.existed = true;
  outcome.indexes_were = static_cast<int>(current.CountIndexes());
  Result<kv::CommitNumber> committed =
      kv::RunTransaction(kv_.get(), {}, [&](kv::Transaction& transaction) {
        std::string record;
        CAIRN_TRY(PutDrop(transaction, current, &record));
        if (!database_dropped.empty()) {
          AppendChange({.kind = ChangeKind::kDropDatabase, .ns = database_dropped}, &record);
        }
        transaction.AppendLog(record);
        return Status::Ok();
      });
  if (!committed.ok()) {
    state->drop_wanted = false;
    return std::move(committed).status();
  }
  outcome.commit = *committed;
  state->dropped = true;
  state->NoteAddition();
  catalog_.Remove(current.id);
  reclaimer_->Notify();
  return outcome;
}

Result<DdlOutcome> StoreImpl::DropCollection(std::string_view database, std::string_view name) {
  const CollectionPtr collection = catalog_.Find(database, name);
  if (collection == nullptr) return DdlOutcome{};
  return Drop(collection, {});
}

Result<DdlOutcome> StoreImpl::DropDatabase(std::string_view database) {
  DdlOutcome outcome;
  const std::lock_guard lock(names_mutex_);
  const std::vector<CollectionPtr> collections =
      database.empty() ? std::vector<CollectionPtr>() : catalog_.List(database);
  for (size_t i = 0; i < collections.size(); ++i) {
    const bool last = i + 1 == collections.size();
    CAIRN_TRY_ASSIGN(const DdlOutcome dropped,
                     Drop(collections[i], last ? database : std::string_view()));
    outcome.existed |= dropped.existed;
    outcome.indexes_were += dropped.indexes_were;
    outcome.commit = std::max(outcome.commit, dropped.commit);
  }
  return outcome;
}

}  // namespace cairn::store
