// SPDX-License-Identifier: Apache-2.0
#include "engine/store/index_build.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "engine/base/try.h"
#include "engine/catalog/catalog.h"
#include "engine/index/definition.h"
#include "engine/index/entry.h"
#include "engine/kv/retry.h"
#include "engine/store/build_runs.h"
#include "engine/store/change_record.h"
#include "engine/store/duplicate_key.h"
#include "engine/store/store_impl.h"

namespace cairn::store {

using catalog::BuildStage;
using index::GeneratedKey;
using key::Family;

namespace {

// Indexes that are not ready, but for the one on _id.
Status DropUnready(kv::Transaction& transaction, catalog::Collection* collection) {
  const auto unready = [](const catalog::IndexSpec& index) {
    return !index.ready && index.name != catalog::kIdIndexName;
  };
  for (const catalog::IndexSpec& index : collection->indexes) {
    if (unready(index)) CAIRN_TRY(catalog::PutIndexDropped(transaction, index));
  }
  std::erase_if(collection->indexes, unready);
  return Status::Ok();
}

// The stored collation shows the version, too.
void NoteIcu(catalog::IndexSpec* spec) {
  bson::Builder options;
  for (const bson::Element& option : spec->options.view()) {
    if (option.name != "collation") options.Append(option.name, option.value);
  }
  options.AppendDocument("collation", spec->collator->spec());
  spec->options = options.Finish();
  spec->icu_version = collation::Collator::Version();
}

}  // namespace

Status IndexBuild::CheckWanted() const {
  if (store_->closing()) {
    return Status(ErrorCode::kShutdownInProgress, "the store is being closed");
  }
  if (progress_->cancelled) {
    return Status(ErrorCode::kIndexBuildAborted,
                  "the index build was aborted: its index is being dropped");
  }
  if (!state_->drop_wanted) return Status::Ok();
  return Status(ErrorCode::kIndexBuildAborted,
                "the index build was aborted: collection " + namespace_ + " is being dropped");
}

Status IndexBuild::Duplicate(const Target& target, bson::View document,
                             std::string_view fields) const {
  return DuplicateKeyError(namespace_, target.spec.name, target.spec.key_pattern,
                           target.generator.KeyValues(document, fields));
}

Status IndexBuild::Run(std::vector<catalog::IndexSpec> wanted, CreateIndexesOutcome* outcome) {
  CAIRN_TRY(Register(std::move(wanted), outcome));
  if (targets_.empty()) return Status::Ok();
  return Complete(&outcome->commit);
}

Status IndexBuild::Resume() {
  CAIRN_TRY(TakeUp());
  if (targets_.empty()) return Status::Ok();
  kv::CommitNumber commit = 0;
  return Complete(&commit);
}

Status IndexBuild::Complete(kv::CommitNumber* commit) {
  ShowProgress(progress_);
  Status built = Build(commit);
  if (resumed_ && built.code() == ErrorCode::kChangeStreamHistoryLost) {
    built = BeginAnew();
    if (built.ok()) built = Build(commit);
  }
  ShowProgress(nullptr);
  // A build that the end of the process interrupts goes on with the next one.
  if (!built.ok() && built.code() != ErrorCode::kShutdownInProgress) GiveUp();
  return built;
}

void IndexBuild::ShowProgress(const std::shared_ptr<BuildProgress>& progress) {
  if (progress != nullptr) {
    for (const Target& target : targets_) {
      progress->names.push_back(target.spec.name);
      progress->key_patterns.push_back(target.spec.key_pattern);
    }
    const int64_t documents = store_->kv().GetCounts(collection_id_).documents;
    progress->total = static_cast<uint64_t>(std::max<int64_t>(documents, 0));
  }
  const std::lock_guard lock(state_->progress_mutex);
  state_->progress = progress;
}

Result<bool> IndexBuild::CollectionIsEmpty() {
  const std::unique_ptr<kv::Reader> reader = store_->NewSnapshot();
  const std::unique_ptr<kv::Scan> scan = reader->NewScan(
      Family::kDocuments, key::PrefixRange(key::IdPrefix(collection_id_)), kv::ScanOptions());
  const bool empty = !scan->Next();
  CAIRN_TRY(scan->status());
  return empty;
}

Status IndexBuild::Register(std::vector<catalog::IndexSpec> wanted, CreateIndexesOutcome* outcome) {
  const std::unique_lock latch(state_->latch);
  if (state_->dropped) {
    return Status(ErrorCode::kNamespaceNotFound, "the collection has been dropped");
  }
  const catalog::Collection& changed = state_->writer().collection;
  collection_id_ = changed.id;
  namespace_ = changed.Namespace();
  const int id_index = static_cast<int>(changed.CountIndexes() - changed.indexes.size());
  const auto ready = [](const catalog::IndexSpec& index) { return index.ready; };
  const auto before = std::count_if(changed.indexes.begin(), changed.indexes.end(), ready);
  outcome->indexes_before = static_cast<int>(before) + id_index;
  std::vector<catalog::IndexSpec> known = changed.indexes;
  std::erase_if(known, [](const catalog::IndexSpec& index) { return !index.ready; });
  for (catalog::IndexSpec& spec : wanted) {
    CAIRN_TRY_ASSIGN(const bool exists, index::FindExisting(spec, known));
    if (exists) continue;
    known.push_back(spec);
    targets_.emplace_back(spec, store_->filter_compiler());
  }
  outcome->indexes_after = static_cast<int>(known.size()) + id_index;
  if (outcome->indexes_after > index::kIndexesMax) {
    targets_.clear();
    return Status(ErrorCode::kCannotCreateIndex,
                  "add index fails, too many indexes for " + namespace_);
  }
  outcome->commit = store_->kv().visible();
  if (targets_.empty()) return Status::Ok();
  CAIRN_TRY_ASSIGN(const bool empty, CollectionIsEmpty());
  Result<kv::CommitNumber> registered = ChangeCollection(
      [&](kv::Transaction& transaction, catalog::Collection* collection) -> Status {
        // What an earlier build could not clean up goes with the same commit.
        CAIRN_TRY(DropUnready(transaction, collection));
        CAIRN_TRY_ASSIGN(uint32_t id,
                         catalog::AllocateIds(transaction, static_cast<uint32_t>(targets_.size())));
        for (Target& target : targets_) {
          target.spec.id = id++;
          target.spec.ready = empty;
          collection->indexes.push_back(target.spec);
        }
        if (empty) transaction.AppendLog(CreateIndexesRecord());
        return Status::Ok();
      });
  if (!registered.ok() || empty) targets_.clear();
  CAIRN_TRY_ASSIGN(outcome->commit, std::move(registered));
  return Status::Ok();
}

std::string IndexBuild::CreateIndexesRecord() const {
  bson::Builder out;
  out.OpenArray("indexes");
  for (const Target& target : targets_) {
    if (catalog::IsOfOtherIcu(target.spec)) continue;  // It has been there all along.
    out.OpenDocument(out.NextIndex());
    out.AppendInt32("v", 2);
    out.AppendDocument("key", target.spec.key_pattern);
    out.AppendString("name", target.spec.name);
    if (target.spec.unique) out.AppendBool("unique", true);
    out.AppendAll(target.spec.options);
    out.Close();
  }
  out.Close();
  const bson::Document indexes = out.Finish();
  Change change;
  change.kind = ChangeKind::kCreateIndexes;
  change.collection_id = collection_id_;
  change.ns = namespace_;
  change.indexes = indexes.bytes();
  std::string record;
  AppendChange(change, &record);
  return record;
}

Status IndexBuild::Build(kv::CommitNumber* commit) {
  kv::Store& kv = store_->kv();
  log_pin_ = kv.PinLog(resumed_ ? after_ : kv.visible());
  state_->build_log_pin.reset();
  std::unique_ptr<kv::Reader> snapshot = kv.NewSnapshot();
  if (!resumed_) after_ = snapshot->read_number();
  if (stage_ != BuildStage::kLoaded) CAIRN_TRY(BuildFromDocuments(*snapshot));
  if (resumed_) CAIRN_TRY(Renew(*snapshot));
  progress_->phase = BuildPhase::kCatchUp;
  return Replay(std::move(snapshot), commit);
}

Status IndexBuild::BuildFromDocuments(kv::Reader& snapshot) {
  if (resumed_) CAIRN_TRY(CollectTouched(after_, snapshot.read_number()));
  if (stage_ == BuildStage::kScanning) CAIRN_TRY(ScanSnapshot(snapshot));
  progress_->phase = BuildPhase::kLoad;
  progress_->done = 0;
  progress_->total = 0;
  for (const Target& target : targets_) {
    if (!resumed_) progress_->total += target.entries;
  }
  for (Target& target : targets_) CAIRN_TRY(LoadEntries(snapshot, &target));
  return Note(BuildStage::kLoaded, after_, {});
}

Status IndexBuild::ScanSnapshot(kv::Reader& snapshot) {
  const size_t memory = store_->options().build_sort_bytes;
  for (Target& target : targets_)
    target.sorter = std::make_unique<index::Sorter>("", memory, nullptr);
  const std::string prefix = key::IdPrefix(collection_id_);
  key::Range range = key::PrefixRange(prefix);
  if (!position_.empty()) range.begin = prefix + position_ + '\0';
  DocumentScan scan(snapshot.NewScan(Family::kDocuments, range, {.fill_cache = false}));
  index::KeySet keys;
  std::string entry_key;
  std::string value;
  while (scan.Next()) {
    CAIRN_TRY(CheckWanted());
    ++progress_->done;
    size_t bytes = 0;
    for (Target& target : targets_) {
      CAIRN_TRY(target.generator.Generate(scan.document(), &keys));
      target.flags.Add(keys);
      for (const GeneratedKey& key : keys.keys()) {
        const bool unique = catalog::HasUniqueEntries(target.spec);
        index::EncodeEntryKey(target.spec.id, unique, key, scan.suffix(), &entry_key);
        index::EncodeEntryValue(unique, key, scan.suffix(), &value);
        CAIRN_TRY(target.sorter->Add(entry_key, value));
        ++target.entries;
      }
      bytes += target.sorter->bytes();
    }
    // In memory a run would not take less.
    if (bytes > memory && !store_->options().in_memory) {
      CAIRN_TRY(StoreRuns(snapshot, scan.suffix()));
    }
  }
  CAIRN_TRY(scan.status());
  // One source of entries is simpler than two.
  return targets_.front().runs.empty() ? Status::Ok() : StoreRuns(snapshot, {});
}

// The documents up to `position` have been scanned; empty: all.
Status IndexBuild::StoreRuns(kv::Reader& snapshot, std::string_view position) {
  if (targets_.front().runs.empty()) CAIRN_TRY(Note(BuildStage::kScanning, after_, position_));
  const size_t memory = store_->options().build_sort_bytes;
  for (Target& target : targets_) {
    CAIRN_TRY(target.sorter->Finish());
    const kv::IngestSource sorted = [&target](std::string_view* key, std::string_view* value) {
      return target.sorter->Next(key, value);
    };
    CAIRN_TRY(PutEntries(WithId(target.runs.back(), Distinct(snapshot, &target, sorted))));
    target.sorter = std::make_unique<index::Sorter>("", memory, nullptr);
  }
  position_ = position;
  return Note(position.empty() ? BuildStage::kScanned : BuildStage::kScanning, after_, position);
}

Status IndexBuild::LoadEntries(kv::Reader& snapshot, Target* target) {
  if (resumed_) {
    const std::unique_ptr<kv::Scan> present = snapshot.NewScan(
        Family::kIndexes, key::PrefixRange(key::IdPrefix(target->spec.id)), {.fill_cache = false});
    target->has_other_keys = present->Next();
    CAIRN_TRY(present->status());
  }
  if (!target->runs.empty()) {
    // The snapshot of the documents may be older than the runs.
    const std::unique_ptr<kv::Reader> reader = store_->NewSnapshot();
    RunMerge merge(reader.get(), target->runs, target->spec.id);
    const kv::IngestSource merged = [&merge](std::string_view* key, std::string_view* value) {
      return merge.Next(key, value);
    };
    return PutEntries(Distinct(snapshot, target, merged));
  }
  CAIRN_TRY(target->sorter->Finish());
  const kv::IngestSource sorted = [target](std::string_view* key, std::string_view* value) {
    return target->sorter->Next(key, value);
  };
  CAIRN_TRY(PutEntries(Distinct(snapshot, target, sorted)));
  target->sorter.reset();
  return Status::Ok();
}

// `source` without what may have changed since it was read, and each entry once: documents that
// were scanned twice, by two processes, have theirs twice.
kv::IngestSource IndexBuild::Distinct(kv::Reader& snapshot, Target* target,
                                      kv::IngestSource source) {
  return [this, &snapshot, target, source = std::move(source), last = std::string(),
          last_suffix = std::string(), unique = catalog::HasUniqueEntries(target->spec)](
             std::string_view* key, std::string_view* value) mutable -> Result<bool> {
    for (;;) {
      CAIRN_TRY(CheckWanted());
      CAIRN_TRY_ASSIGN(const bool more, source(key, value));
      if (!more) return false;
      ++progress_->done;
      index::Entry entry;
      if (!touched_.empty() || unique) {
        CAIRN_TRY(index::DecodeEntry(*key, *value, unique, target->generator.fields(),
                                     target->generator.descending(), &entry));
        if (!touched_.empty() && touched_.contains(std::string(entry.suffix))) continue;
      }
      if (*key != last) {
        last.assign(*key);
        if (unique) last_suffix.assign(entry.suffix);
        return true;
      }
      if (unique && entry.suffix != last_suffix) {
        return DuplicateOf(snapshot, *target, std::string(entry.suffix), entry.fields);
      }
    }
  };
}

Status IndexBuild::DuplicateOf(kv::Reader& snapshot, const Target& target,
                               const std::string& suffix, std::string_view fields) {
  kv::PinnedValue value;
  bson::View document;
  CAIRN_TRY(
      store_->Read(snapshot, state_->writer().collection, suffix, &value, &document).status());
  return Duplicate(target, document, fields);
}

Status IndexBuild::PutEntries(const kv::IngestSource& source) {
  kv::Store& kv = store_->kv();
  if (kv.limits().ingestion) return kv.Ingest(Family::kIndexes, source);
  for (bool more = true; more;) {
    std::unique_ptr<kv::Transaction> transaction = kv.Begin({});
    for (int i = 0; more && i < kEntriesPerCommit; ++i) {
      std::string_view key;
      std::string_view value;
      CAIRN_TRY_ASSIGN(more, source(&key, &value));
      if (more) CAIRN_TRY(transaction->Put(Family::kIndexes, key, value));
    }
    CAIRN_TRY(kv.Commit(std::move(transaction)).status());
  }
  return Status::Ok();
}

// The latch is held alone.
Status IndexBuild::MakeReady(kv::CommitNumber* commit) {
  CAIRN_TRY(CheckWanted());
  progress_->phase = BuildPhase::kFinish;
  CAIRN_TRY_ASSIGN(
      *commit, ChangeCollection([&](kv::Transaction& transaction, catalog::Collection* collection) {
        for (catalog::IndexSpec& spec : collection->indexes) {
          for (const Target& target : targets_) {
            if (target.spec.id != spec.id) continue;
            target.flags.Apply(target.generator, &spec);
            if (catalog::IsOfOtherIcu(spec)) NoteIcu(&spec);
            spec.ready = true;
            spec.build.reset();
          }
        }
        transaction.AppendLog(CreateIndexesRecord());
        return Status::Ok();
      }));
  return Status::Ok();
}

// When even this fails the index stays unready: the next build or open takes it up.
void IndexBuild::GiveUp() {
  const std::unique_lock latch(state_->latch);
  const Status undone = ChangeCollection(DropUnready).status();
  if (undone.ok()) return store_->reclaimer().Notify();
  store_->Log(LogLevel::kWarning, "an index build could not be undone: " + undone.ToString());
}

}  // namespace cairn::store
