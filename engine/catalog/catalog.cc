// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog/catalog.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <shared_mutex>
#include <tuple>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/try.h"

namespace cairn::catalog {

CollectionPtr Catalog::Find(std::string_view database, std::string_view name) const {
  const std::shared_lock latch(latch_);
  const auto found = by_name_.find(NameView(database, name));
  return found == by_name_.end() ? nullptr : found->second;
}

CollectionPtr Catalog::FindById(uint32_t id) const {
  const std::shared_lock latch(latch_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<CollectionPtr> Catalog::List(std::string_view database) const {
  std::vector<CollectionPtr> collections;
  {
    const std::shared_lock latch(latch_);
    for (const auto& [name, collection] : by_name_) {
      if (database.empty() || name.database == database) collections.push_back(collection);
    }
  }
  std::sort(collections.begin(), collections.end(),
            [](const CollectionPtr& a, const CollectionPtr& b) {
              return std::tie(a->database, a->name) < std::tie(b->database, b->name);
            });
  return collections;
}

std::vector<std::string> Catalog::Databases() const {
  std::vector<std::string> databases;
  {
    const std::shared_lock latch(latch_);
    for (const auto& [name, collection] : by_name_) databases.push_back(name.database);
  }
  std::sort(databases.begin(), databases.end());
  databases.erase(std::unique(databases.begin(), databases.end()), databases.end());
  return databases;
}

CollectionPtr Catalog::Publish(Collection collection) {
  CollectionPtr replaced;  // Its destructor may be long: outside the latch.
  const std::unique_lock latch(latch_);
  CollectionPtr& by_id = by_id_[collection.id];
  collection.version = by_id == nullptr ? 1 : by_id->version + 1;
  replaced = std::move(by_id);
  if (replaced != nullptr &&
      (replaced->database != collection.database || replaced->name != collection.name)) {
    by_name_.erase(by_name_.find(NameView(replaced->database, replaced->name)));
  }
  by_id = std::make_shared<const Collection>(std::move(collection));
  by_name_.insert_or_assign(Name{by_id->database, by_id->name}, by_id);
  return by_id;
}

void Catalog::Remove(uint32_t id) {
  CollectionPtr removed;
  const std::unique_lock latch(latch_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  removed = found->second;
  by_id_.erase(found);
  const auto named = by_name_.find(NameView(removed->database, removed->name));
  if (named != by_name_.end() && named->second->id == id) by_name_.erase(named);
}

Result<std::vector<Collection>> LoadCollections(kv::Reader& reader) {
  std::vector<Collection> collections;
  const std::unique_ptr<kv::Scan> scan =
      reader.NewScan(key::Family::kCatalog, key::CollectionsRange({}), {});
  while (scan->Next()) {
    const Status valid = bson::Validate(scan->value(), {.bytes_max = bson::kMaxMessageBytes});
    if (!valid.ok()) {
      return Status(ErrorCode::kDataCorruptionDetected, "catalog entry: " + valid.message());
    }
    CAIRN_TRY_ASSIGN(Collection collection, DecodeCollection(bson::View(scan->value().data())));
    if (key::CollectionKey(collection.database, collection.name) != scan->key()) {
      return Status(ErrorCode::kDataCorruptionDetected,
                    "catalog entry: its key names another collection");
    }
    collections.push_back(std::move(collection));
  }
  CAIRN_TRY(scan->status());
  return collections;
}

Result<uint32_t> AllocateIds(kv::Transaction& transaction, uint32_t count) {
  kv::PinnedValue value;
  const std::string key = key::NextIdKey();
  CAIRN_TRY_ASSIGN(const bool found, transaction.GetForUpdate(key::Family::kCatalog, key, &value));
  uint32_t next = 1;
  if (found) {
    if (value.view().size() != sizeof(next)) {
      return Status(ErrorCode::kDataCorruptionDetected, "catalog: the next free id is damaged");
    }
    next = base::LoadLittle<uint32_t>(value.view().data());
  }
  if (next == 0 || count > std::numeric_limits<uint32_t>::max() - next) {
    return Status(ErrorCode::kInternalError, "no ids are left for collections and indexes");
  }
  std::string bytes;
  base::AppendLittle<uint32_t>(&bytes, next + count);
  CAIRN_TRY(transaction.Put(key::Family::kCatalog, key, bytes));
  return next;
}

Status PutCollection(kv::Transaction& transaction, const Collection& collection) {
  return transaction.Put(key::Family::kCatalog,
                         key::CollectionKey(collection.database, collection.name),
                         EncodeCollection(collection).bytes());
}

Status DeleteCollection(kv::Transaction& transaction, const Collection& collection) {
  return transaction.Delete(key::Family::kCatalog,
                            key::CollectionKey(collection.database, collection.name));
}

Status PutDropped(kv::Transaction& transaction, uint32_t id, DroppedKind kind) {
  return transaction.Put(key::Family::kCatalog, key::DroppedKey(id),
                         std::string(1, static_cast<char>(kind)));
}

Status PutIndexDropped(kv::Transaction& transaction, const IndexSpec& index) {
  if (index.build.has_value()) {
    for (const uint32_t run : index.build->runs) {
      CAIRN_TRY(PutDropped(transaction, run, DroppedKind::kRun));
    }
  }
  return PutDropped(transaction, index.id, DroppedKind::kIndex);
}

std::array<uint8_t, 16> NewUuid(base::Clock* clock) {
  std::array<uint8_t, 16> uuid;
  base::StoreLittle<uint64_t>(uuid.data(), clock->Random());
  base::StoreLittle<uint64_t>(uuid.data() + 8, clock->Random());
  uuid[6] = static_cast<uint8_t>((uuid[6] & 0x0F) | 0x40);  // version 4
  uuid[8] = static_cast<uint8_t>((uuid[8] & 0x3F) | 0x80);  // variant 1
  return uuid;
}

}  // namespace cairn::catalog
