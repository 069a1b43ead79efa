// SPDX-License-Identifier: Apache-2.0
// Builds indexes while writers go on:
//   1 Register: with the latch held alone, the specifications go into the catalog, not ready.
//   Writers do
//     not touch such an index. On an empty collection they are ready at once, and that is all.
//   2 A snapshot is scanned, the keys are sorted in bounded memory and ingested.
//   3 In rounds, what the commit log says was written since is brought into the index: for each
//     document that was touched, the difference of its keys between the last snapshot and a newer
//     one. First all keys that went, then all that came, so that a key may move between documents.
//   4 The last round is done with the latch held alone, and makes the index ready.
// Invariant: after a round the index holds exactly the keys of its newer snapshot. A build that
// fails leaves a note for the reclaimer. One that is interrupted by the end of the process stays in
// the catalog, not ready, and is done anew, under a new id, when the store is opened again. Thread
// safety: one thread, which holds the collection's build_mutex.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/catalog/collection.h"
#include "engine/index/key_generator.h"
#include "engine/index/sorter.h"
#include "engine/store/collection_state.h"
#include "engine/store/document_store.h"

namespace cairn::store {

class StoreImpl;

class IndexBuild {
 public:
  IndexBuild(StoreImpl* store, CollectionState* state)
      : store_(store), state_(state), progress_(std::make_shared<BuildProgress>()) {}

  /// Steps 1 to 4 for those of `wanted` that are missing. Fills in what createIndexes reports.
  /// Errors: NamespaceNotFound when the collection is dropped, IndexOptionsConflict,
  /// IndexKeySpecsConflict, CannotCreateIndex, DuplicateKey, IndexBuildAborted, ShutdownInProgress.
  Status Run(std::vector<catalog::IndexSpec> wanted, CreateIndexesOutcome* outcome);

 private:
  static constexpr size_t kSortBytes = size_t{64} << 20;
  static constexpr size_t kTouchedMax = 50'000;      // Documents of a round in memory at a time.
  static constexpr uint64_t kFinalCommitsMax = 500;  // As few as this are left for the latch.
  static constexpr int kRoundsMax = 20;
  static constexpr int kDocumentsPerCommit = 200;
  static constexpr int kEntriesPerCommit = 1000;

  // One index being built.
  struct Target {
    Target(const catalog::IndexSpec& index, index::FilterCompiler compiler)
        : spec(index), generator(spec, compiler), flags(spec, generator) {}
    catalog::IndexSpec spec;
    index::KeyGenerator generator;
    index::KnownFlags flags;
    std::unique_ptr<index::Sorter> sorter;
  };
  enum class Side { kRemove, kAdd };
  using Suffixes = std::unordered_set<std::string>;

  Status Register(std::vector<catalog::IndexSpec> wanted, CreateIndexesOutcome* outcome);
  Status CommitRegistration(catalog::Collection* changed, bool ready, kv::CommitNumber* commit);
  Result<bool> CollectionIsEmpty();
  void ShowProgress(const std::shared_ptr<BuildProgress>& progress);
  Status Build(kv::CommitNumber* commit);
  Status ScanSnapshot(kv::Reader& snapshot);
  Status LoadEntries(kv::Reader& snapshot, Target* target);
  Status PutSorted(const kv::IngestSource& source);
  Status CatchUp(kv::Reader& from, kv::Reader& to);
  Status ForEachTouched(kv::CommitNumber after, kv::CommitNumber last,
                        const std::function<Status(const Suffixes&)>& use);
  Status AddTouched(std::string_view record, Suffixes* touched) const;
  Status Bring(kv::Reader& from, kv::Reader& to, const Suffixes& touched, Side side);
  Status BringOne(kv::Transaction& transaction, kv::Reader& from, kv::Reader& to,
                  const std::string& suffix, Side side);
  Status RemoveKey(kv::Transaction& transaction, const Target& target,
                   const index::GeneratedKey& key, std::string_view suffix);
  Status AddKey(kv::Transaction& transaction, const Target& target, const index::GeneratedKey& key,
                std::string_view suffix, bson::View document);
  Status MakeReady(kv::CommitNumber* commit);
  void GiveUp();
  Status CheckWanted() const;
  Status Duplicate(const Target& target, bson::View document, std::string_view fields) const;
  std::string CreateIndexesRecord() const;

  StoreImpl* const store_;
  CollectionState* const state_;
  const std::shared_ptr<BuildProgress> progress_;
  uint32_t collection_id_ = 0;
  std::string namespace_;
  std::vector<Target> targets_;
};

}  // namespace cairn::store
