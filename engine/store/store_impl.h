// SPDX-License-Identifier: Apache-2.0
// The DocumentStore over a kv::Store. Internal to this folder; split over document_store.cc (open,
// reads, writes), collections.cc (create, drop), alter_collection.cc, create_indexes.cc and
// validate.cc.
// Lock order: names_mutex_, then those of a CollectionState. Thread safety: any thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/catalog/catalog.h"
#include "engine/store/collection_state.h"
#include "engine/store/document_store.h"
#include "engine/store/reclaimer.h"

namespace cairn::store {

class StoreImpl final : public DocumentStore {
 public:
  StoreImpl(std::unique_ptr<kv::Store> kv, kv::OpenOptions options, index::FilterCompiler compiler);
  ~StoreImpl() override;
  /// Loads the catalog, gives up index builds that a crash interrupted, starts reclaiming.
  Status Load();

  kv::Store& kv() override { return *kv_; }

  CollectionPtr FindCollection(std::string_view database, std::string_view name) const override;
  CollectionPtr FindCollectionById(uint32_t id) const override;
  std::vector<CollectionPtr> ListCollections(std::string_view database) const override;
  std::vector<std::string> ListDatabases() const override;
  Result<CollectionPtr> CreateCollection(std::string_view database, std::string_view name,
                                         catalog::Layout layout, bson::View options,
                                         kv::CommitNumber* commit) override;
  Result<CollectionPtr> FindOrCreateCollection(std::string_view database,
                                               std::string_view name) override;
  Result<DdlOutcome> DropCollection(std::string_view database, std::string_view name) override;
  Result<DdlOutcome> DropDatabase(std::string_view database) override;
  Result<kv::CommitNumber> ModifyCollection(
      const CollectionPtr& collection,
      const std::function<Status(catalog::Collection*)>& change) override;
  Result<kv::CommitNumber> RenameCollection(std::string_view database, std::string_view name,
                                            const Rename& rename) override;
  Result<CreateIndexesOutcome> CreateIndexes(std::string_view database, std::string_view name,
                                             const std::vector<IndexDefinition>& indexes) override;
  Result<DdlOutcome> DropIndexes(std::string_view database, std::string_view name,
                                 const IndexSelection& selection) override;
  std::vector<IndexBuildStatus> IndexBuilds() const override;
  void ResumeIndexBuilds() override;

  std::unique_ptr<kv::Reader> NewSnapshot() override { return kv_->NewSnapshot(); }
  CollectionSnapshot NewSnapshotOf(const CollectionPtr& collection) override;
  Result<bool> Read(kv::Reader& reader, const catalog::Collection& collection,
                    std::string_view suffix, kv::PinnedValue* value, bson::View* document) override;
  Result<bool> ReadById(const catalog::Collection& collection, bson::Value id,
                        kv::PinnedValue* value, bson::View* document) override;
  Result<bool> ReadByUnique(const catalog::Collection& collection, const catalog::IndexSpec& index,
                            bson::Value key, kv::PinnedValue* value, bson::View* document) override;
  std::unique_ptr<DocumentScan> ScanDocuments(kv::Reader& reader,
                                              const catalog::Collection& collection,
                                              const key::Range& suffixes,
                                              const kv::ScanOptions& options) override;
  std::unique_ptr<IndexScan> ScanIndex(kv::Reader& reader, const catalog::IndexSpec& index,
                                       const key::Range& fields,
                                       const kv::ScanOptions& options) override;
  kv::Counts GetCounts(const catalog::Collection& collection) const override;
  uint64_t Additions(const catalog::Collection& collection) const override;
  bool WaitForAdditions(const catalog::Collection& collection, uint64_t seen,
                        int64_t timeout_ms) override;
  Result<kv::CommitNumber> Write(const CollectionPtr& collection,
                                 const std::function<Status(WriteTransaction&)>& body) override;
  Result<ValidateOutcome> Validate(const catalog::Collection& collection) override;

  // For the other classes of this folder.
  const kv::OpenOptions& options() const { return options_; }
  index::FilterCompiler filter_compiler() const { return filter_compiler_; }
  /// Makes `collection` what everybody sees; keeps its shared state.
  CollectionPtr Publish(catalog::Collection collection, std::shared_ptr<catalog::Shared> shared);
  /// The state shared by all versions of a collection; null when it is gone.
  std::shared_ptr<CollectionState> StateOf(const catalog::Collection& collection) const;
  Reclaimer& reclaimer() { return *reclaimer_; }
  void Log(LogLevel level, std::string_view message) const;
  /// The store is being closed: index builds stop, to go on when it is opened again.
  bool closing() const { return closing_; }

 private:
  /// By a whole document key.
  Result<bool> ReadNewest(std::string_view key, kv::PinnedValue* value, bson::View* document);
  void ResumeBuildsOf(const CollectionPtr& collection);
  Status DropTemporary(const std::vector<catalog::Collection>& collections);
  Result<kv::CommitNumber> RenameLocked(const CollectionPtr& source, CollectionState* target,
                                        const Rename& rename);
  Result<uint64_t> LastRecord(kv::Reader& reader, const catalog::Collection& collection);
  Result<kv::CommitNumber> CommitNew(catalog::Collection* collection);
  /// Empty `database_dropped`, or the name for a record of the database's drop in the same commit.
  Result<DdlOutcome> Drop(const CollectionPtr& collection, std::string_view database_dropped);

  const kv::OpenOptions options_;
  const index::FilterCompiler filter_compiler_;
  const std::unique_ptr<kv::Store> kv_;
  catalog::Catalog catalog_;
  std::mutex names_mutex_;  // Held while a name comes or a database goes.
  std::unique_ptr<Reclaimer> reclaimer_;
  std::atomic<bool> closing_{false};
  std::thread resume_thread_;
};

std::string_view UuidBytes(const catalog::Collection& collection);
/// The catalog's part of a drop, and its change record.
Status PutDrop(kv::Transaction& transaction, const catalog::Collection& collection,
               std::string* record);

}  // namespace cairn::store
