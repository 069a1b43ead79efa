// SPDX-License-Identifier: Apache-2.0
// Builds indexes while writers go on:
//   1 Register: with the latch held alone, the specifications go into the catalog, not ready.
//     Writers do not touch such an index. On an empty collection they are ready at once, and that
//     is all.
//   2 A snapshot is scanned, the keys are sorted in bounded memory and ingested. When memory is
//     full, a sorted run is stored (build_runs.h); runs are merged at the end.
//   3 In rounds, what the commit log says was written since is brought into the index: for each
//     document that was touched, the difference of its keys between the last snapshot and a newer
//     one. First all keys that went, then all that came, so that a key may move between documents.
//     Writers that are too fast for this have to wait now and then.
//   4 The last round is done with the latch held alone, and makes the index ready.
//
// After each run, after the ingestion and after each round, the specification notes how far the
// build is (catalog::BuildState), and the log is kept from there on. When the process ends, the
// build goes on at this note with a newer snapshot: what is stored then stems from several
// snapshots, but it is right for each document that the log does not name. Entries of the others
// are left out (of runs) or deleted (from the index), and are made anew. Without the log, or when
// too much was written, the build begins anew under a new id.
//
// Invariant: after a round the index holds exactly the keys of its newer snapshot. A build that
// fails leaves notes for the reclaimer. Thread safety: one thread, which holds the collection's
// build_mutex.
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

  /// Steps 1 to 4 for those of `wanted` that are missing. Fills in what createIndexes reports. No
  /// index of the collection may be unready. Errors: NamespaceNotFound when the collection is
  /// dropped, IndexOptionsConflict, IndexKeySpecsConflict, CannotCreateIndex, DuplicateKey,
  /// IndexBuildAborted, ShutdownInProgress.
  Status Run(std::vector<catalog::IndexSpec> wanted, CreateIndexesOutcome* outcome);

  /// Goes on with what the end of the process interrupted, and builds anew what another version of
  /// ICU has put in order. Errors: as Run.
  Status Resume();

 private:
  static constexpr size_t kTouchedMax = 50'000;        // Documents of a round in memory at a time.
  static constexpr size_t kTouchedByOthers = 500'000;  // The same for those before this process.
  static constexpr uint64_t kFinalCommitsMax = 500;    // As few as this are left for the latch.
  static constexpr int kPressedRoundsMax = 3;          // While writers have to wait.
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
    uint64_t entries = 0;         // That this process has made.
    std::vector<uint32_t> runs;   // As BuildState::runs.
    bool has_other_keys = false;  // The index may hold keys of the touched documents.
  };
  enum class Side { kRemove, kAdd };
  using Suffixes = std::unordered_set<std::string>;
  using CollectionChange = std::function<Status(kv::Transaction&, catalog::Collection*)>;

  // index_build.cc: the steps.
  Status Register(std::vector<catalog::IndexSpec> wanted, CreateIndexesOutcome* outcome);
  Result<bool> CollectionIsEmpty();
  Status Complete(kv::CommitNumber* commit);
  void ShowProgress(const std::shared_ptr<BuildProgress>& progress);
  Status Build(kv::CommitNumber* commit);
  Status BuildFromDocuments(kv::Reader& snapshot);
  Status ScanSnapshot(kv::Reader& snapshot);
  Status StoreRuns(kv::Reader& snapshot, std::string_view position);
  Status LoadEntries(kv::Reader& snapshot, Target* target);
  kv::IngestSource Distinct(kv::Reader& snapshot, Target* target, kv::IngestSource source);
  Status DuplicateOf(kv::Reader& snapshot, const Target& target, const std::string& suffix,
                     std::string_view fields);
  Status PutEntries(const kv::IngestSource& source);
  Status MakeReady(kv::CommitNumber* commit);
  void GiveUp();
  Status CheckWanted() const;
  Status Duplicate(const Target& target, bson::View document, std::string_view fields) const;
  std::string CreateIndexesRecord() const;

  // build_notes.cc: what of it is in the catalog.
  Result<kv::CommitNumber> ChangeCollection(const CollectionChange& change);
  Status TakeUp();
  Status BeginAnew();
  Status BeginAnewLocked();
  bool LogReaches(kv::CommitNumber after);
  Status Note(catalog::BuildStage stage, kv::CommitNumber after, std::string_view position);
  Status NoteOf(kv::Transaction& transaction, const Target& target, std::string_view position,
                std::vector<uint32_t>* runs, catalog::IndexSpec* spec) const;

  // build_replay.cc: what was written meanwhile.
  Status Replay(std::unique_ptr<kv::Reader> done, kv::CommitNumber* commit);
  Status CatchUp(kv::Reader& from, kv::Reader& to);
  Status Renew(kv::Reader& to);
  Status CollectTouched(kv::CommitNumber after, kv::CommitNumber last);
  Status ForEachTouched(kv::CommitNumber after, kv::CommitNumber last, size_t at_a_time,
                        const std::function<Status(const Suffixes&)>& use);
  Status AddTouched(std::string_view record, Suffixes* touched) const;
  Status Sweep(const Target& target, const Suffixes& touched);
  Status Bring(kv::Reader* from, kv::Reader& to, const Suffixes& touched, Side side);
  Status BringOne(kv::Transaction& transaction, kv::Reader* from, kv::Reader& to,
                  const std::string& suffix, Side side);
  Status RemoveKey(kv::Transaction& transaction, const Target& target,
                   const index::GeneratedKey& key, std::string_view suffix);
  Status AddKey(kv::Transaction& transaction, const Target& target, const index::GeneratedKey& key,
                std::string_view suffix, bson::View document);

  StoreImpl* const store_;
  CollectionState* const state_;
  const std::shared_ptr<BuildProgress> progress_;
  uint32_t collection_id_ = 0;
  std::string namespace_;
  std::vector<Target> targets_;
  std::shared_ptr<void> log_pin_;
  // How far the build is; see catalog::BuildState.
  catalog::BuildStage stage_ = catalog::BuildStage::kScanning;
  kv::CommitNumber after_ = 0;
  std::string position_;
  // Writers write more than the rounds bring in: they have to wait for each of the build's commits.
  bool pressing_ = false;
  bool resumed_ = false;  // An earlier process has got to here.
  Suffixes touched_;      // Resumed: the documents that were touched since after_.
};

}  // namespace cairn::store
