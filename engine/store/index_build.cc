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
#include "engine/store/change_record.h"
#include "engine/store/duplicate_key.h"
#include "engine/store/store_impl.h"

namespace cairn::store {

using index::GeneratedKey;
using key::Family;

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
  ShowProgress(progress_);
  const Status built = Build(&outcome->commit);
  ShowProgress(nullptr);
  // A build that the end of the process interrupts goes on with the next one.
  if (!built.ok() && built.code() != ErrorCode::kShutdownInProgress) GiveUp();
  return built;
}

void IndexBuild::ShowProgress(const std::shared_ptr<BuildProgress>& progress) {
  if (progress != nullptr) {
    for (const Target& target : targets_) progress->names.push_back(target.spec.name);
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
  catalog::Collection changed = state_->writer().collection;
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
  const Status registered = CommitRegistration(&changed, empty, &outcome->commit);
  if (!registered.ok() || empty) targets_.clear();
  return registered;
}

// The latch is held alone. What an earlier build could not clean up goes with the same commit.
Status IndexBuild::CommitRegistration(catalog::Collection* changed, bool ready,
                                      kv::CommitNumber* commit) {
  std::vector<uint32_t> left_over;
  std::erase_if(changed->indexes, [&](const catalog::IndexSpec& index) {
    if (!index.ready) left_over.push_back(index.id);
    return !index.ready;
  });
  const size_t kept = changed->indexes.size();
  Result<kv::CommitNumber> committed =
      kv::RunTransaction(&store_->kv(), {}, [&](kv::Transaction& transaction) -> Status {
        const auto ids = static_cast<uint32_t>(targets_.size());
        CAIRN_TRY_ASSIGN(uint32_t id, catalog::AllocateIds(transaction, ids));
        changed->indexes.resize(kept);
        for (Target& target : targets_) {
          target.spec.id = id++;
          target.spec.ready = ready;
          changed->indexes.push_back(target.spec);
        }
        CAIRN_TRY(catalog::PutCollection(transaction, *changed));
        for (const uint32_t old : left_over) {
          CAIRN_TRY(catalog::PutDropped(transaction, old, catalog::DroppedKind::kIndex));
        }
        if (ready) transaction.AppendLog(CreateIndexesRecord());
        return Status::Ok();
      });
  CAIRN_TRY(committed.status());
  *commit = *committed;
  const CollectionPtr shown = store_->FindCollectionById(collection_id_);
  state_->Replace(*changed, true);
  store_->Publish(std::move(*changed), shown->shared);
  if (!left_over.empty()) store_->reclaimer().Notify();
  return Status::Ok();
}

std::string IndexBuild::CreateIndexesRecord() const {
  bson::Builder out;
  out.OpenArray("indexes");
  for (const Target& target : targets_) {
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
  const std::shared_ptr<void> pin = kv.PinLog(kv.visible());
  std::unique_ptr<kv::Reader> done = kv.NewSnapshot();
  CAIRN_TRY(ScanSnapshot(*done));
  progress_->phase = BuildPhase::kLoad;
  progress_->done = 0;
  progress_->total = 0;
  for (const Target& target : targets_) progress_->total += target.sorter->size();
  for (Target& target : targets_) CAIRN_TRY(LoadEntries(*done, &target));
  progress_->phase = BuildPhase::kCatchUp;
  for (int round = 0; round < kRoundsMax; ++round) {
    std::unique_ptr<kv::Reader> newer = kv.NewSnapshot();
    if (newer->read_number() - done->read_number() <= kFinalCommitsMax) break;
    CAIRN_TRY(CatchUp(*done, *newer));
    done = std::move(newer);
  }
  // Little is left to be synced while the latch is held.
  CAIRN_TRY(kv.WaitDurable(kv.visible()));
  const std::unique_lock latch(state_->latch);
  const std::unique_ptr<kv::Reader> last = kv.NewSnapshot();
  CAIRN_TRY(CatchUp(*done, *last));
  return MakeReady(commit);
}

Status IndexBuild::ScanSnapshot(kv::Reader& snapshot) {
  const kv::OpenOptions& options = store_->options();
  for (Target& target : targets_) {
    target.sorter = std::make_unique<index::Sorter>(options.in_memory ? "" : options.path,
                                                    kSortBytes / targets_.size());
  }
  DocumentScan scan(snapshot.NewScan(
      Family::kDocuments, key::PrefixRange(key::IdPrefix(collection_id_)), {.fill_cache = false}));
  index::KeySet keys;
  std::string entry_key;
  std::string value;
  while (scan.Next()) {
    CAIRN_TRY(CheckWanted());
    ++progress_->done;
    for (Target& target : targets_) {
      CAIRN_TRY(target.generator.Generate(scan.document(), &keys));
      target.flags.Add(keys);
      for (const GeneratedKey& key : keys.keys()) {
        const bool unique = catalog::HasUniqueEntries(target.spec);
        index::EncodeEntryKey(target.spec.id, unique, key, scan.suffix(), &entry_key);
        index::EncodeEntryValue(unique, key, scan.suffix(), &value);
        CAIRN_TRY(target.sorter->Add(entry_key, value));
      }
    }
  }
  return scan.status();
}

Status IndexBuild::LoadEntries(kv::Reader& snapshot, Target* target) {
  CAIRN_TRY(target->sorter->Finish());
  std::string last;
  const kv::IngestSource source = [&](std::string_view* key,
                                      std::string_view* value) -> Result<bool> {
    CAIRN_TRY(CheckWanted());
    CAIRN_TRY_ASSIGN(const bool more, target->sorter->Next(key, value));
    if (!more) return false;
    ++progress_->done;
    if (*key != last) {
      last.assign(*key);
      return true;
    }
    // Only in a unique index can two documents have one key.
    index::Entry entry;
    CAIRN_TRY(index::DecodeEntry(*key, *value, true, 1, 0, &entry));
    DocumentScan document(snapshot.NewScan(
        Family::kDocuments,
        key::PrefixRange(key::IdPrefix(collection_id_) + std::string(entry.suffix)), {}));
    if (!document.Next()) return Duplicate(*target, bson::View(), entry.fields);
    return Duplicate(*target, document.document(), entry.fields);
  };
  if (target->sorter->size() > 0) {
    CAIRN_TRY(store_->kv().limits().ingestion ? store_->kv().Ingest(Family::kIndexes, source)
                                              : PutSorted(source));
  }
  target->sorter.reset();
  return Status::Ok();
}

// For backends that cannot ingest.
Status IndexBuild::PutSorted(const kv::IngestSource& source) {
  for (bool more = true; more;) {
    std::unique_ptr<kv::Transaction> transaction = store_->kv().Begin({});
    for (int i = 0; more && i < kEntriesPerCommit; ++i) {
      std::string_view key;
      std::string_view value;
      CAIRN_TRY_ASSIGN(more, source(&key, &value));
      if (more) CAIRN_TRY(transaction->Put(Family::kIndexes, key, value));
    }
    CAIRN_TRY(store_->kv().Commit(std::move(transaction)).status());
  }
  return Status::Ok();
}

Status IndexBuild::CatchUp(kv::Reader& from, kv::Reader& to) {
  const kv::CommitNumber after = from.read_number();
  const kv::CommitNumber last = to.read_number();
  if (after == last) return Status::Ok();
  CAIRN_TRY(store_->kv().WaitDurable(last));
  for (const Side side : {Side::kRemove, Side::kAdd}) {
    CAIRN_TRY(ForEachTouched(
        after, last, [&](const Suffixes& touched) { return Bring(from, to, touched, side); }));
  }
  return Status::Ok();
}

Status IndexBuild::ForEachTouched(kv::CommitNumber after, kv::CommitNumber last,
                                  const std::function<Status(const Suffixes&)>& use) {
  CAIRN_TRY_ASSIGN(const std::unique_ptr<kv::LogReader> log, store_->kv().ReadLog(after));
  Suffixes touched;
  kv::LogEntry entry;
  for (kv::CommitNumber at = after; at < last; at = entry.number) {
    CAIRN_TRY(CheckWanted());
    CAIRN_TRY_ASSIGN(const bool found, log->Next(&entry));
    if (!found) {
      return Status(ErrorCode::kInternalError, "the commit log ends before a durable commit");
    }
    if (entry.number > last) break;
    CAIRN_TRY(AddTouched(entry.record, &touched));
    if (touched.size() < kTouchedMax) continue;
    CAIRN_TRY(use(touched));
    touched.clear();
  }
  return touched.empty() ? Status::Ok() : use(touched);
}

Status IndexBuild::AddTouched(std::string_view record, Suffixes* touched) const {
  ChangeReader changes(record);
  Change change;
  for (;;) {
    CAIRN_TRY_ASSIGN(const bool more, changes.Next(&change));
    if (!more) return Status::Ok();
    if (change.collection_id == collection_id_ && !change.suffix.empty()) {
      touched->emplace(change.suffix);
    }
  }
}

Status IndexBuild::Bring(kv::Reader& from, kv::Reader& to, const Suffixes& touched, Side side) {
  auto at = touched.begin();
  while (at != touched.end()) {
    auto end = at;
    for (int i = 0; i < kDocumentsPerCommit && end != touched.end(); ++i) ++end;
    Result<kv::CommitNumber> committed =
        kv::RunTransaction(&store_->kv(), {}, [&](kv::Transaction& transaction) {
          for (auto suffix = at; suffix != end; ++suffix) {
            CAIRN_TRY(BringOne(transaction, from, to, *suffix, side));
          }
          return Status::Ok();
        });
    CAIRN_TRY(committed.status());
    at = end;
  }
  return Status::Ok();
}

Status IndexBuild::BringOne(kv::Transaction& transaction, kv::Reader& from, kv::Reader& to,
                            const std::string& suffix, Side side) {
  const catalog::Collection& collection = state_->writer().collection;
  kv::PinnedValue old_value;
  kv::PinnedValue new_value;
  bson::View old_document;
  bson::View new_document;
  CAIRN_TRY_ASSIGN(const bool was,
                   store_->Read(from, collection, suffix, &old_value, &old_document));
  CAIRN_TRY_ASSIGN(const bool is, store_->Read(to, collection, suffix, &new_value, &new_document));
  index::KeySet old_keys;
  index::KeySet new_keys;
  for (Target& target : targets_) {
    old_keys.Clear();
    new_keys.Clear();
    if (was) CAIRN_TRY(target.generator.Generate(old_document, &old_keys));
    if (is) CAIRN_TRY(target.generator.Generate(new_document, &new_keys));
    target.flags.Add(new_keys);
    if (side == Side::kRemove) {
      for (const GeneratedKey& key : old_keys.keys()) {
        if (index::FindKey(new_keys, key.fields) != nullptr) continue;
        CAIRN_TRY(RemoveKey(transaction, target, key, suffix));
      }
    } else {
      // A key that stays may have got other type bits, so all are put.
      for (const GeneratedKey& key : new_keys.keys()) {
        CAIRN_TRY(AddKey(transaction, target, key, suffix, new_document));
      }
    }
  }
  return Status::Ok();
}

Status IndexBuild::RemoveKey(kv::Transaction& transaction, const Target& target,
                             const GeneratedKey& key, std::string_view suffix) {
  std::string entry_key;
  index::EncodeEntryKey(target.spec.id, catalog::HasUniqueEntries(target.spec), key, suffix,
                        &entry_key);
  return transaction.Delete(Family::kIndexes, entry_key);
}

Status IndexBuild::AddKey(kv::Transaction& transaction, const Target& target,
                          const GeneratedKey& key, std::string_view suffix, bson::View document) {
  const bool unique = catalog::HasUniqueEntries(target.spec);
  std::string entry_key;
  std::string value;
  index::EncodeEntryKey(target.spec.id, unique, key, suffix, &entry_key);
  if (unique) {
    kv::PinnedValue present;
    CAIRN_TRY_ASSIGN(const bool taken,
                     transaction.GetForUpdate(Family::kIndexes, entry_key, &present));
    if (taken) {
      index::Entry entry;
      CAIRN_TRY(index::DecodeEntry(entry_key, present.view(), true, target.generator.fields(),
                                   target.generator.descending(), &entry));
      if (entry.suffix != suffix) return Duplicate(target, document, key.fields);
    }
  }
  index::EncodeEntryValue(unique, key, suffix, &value);
  return transaction.Put(Family::kIndexes, entry_key, value);
}

// The latch is held alone.
Status IndexBuild::MakeReady(kv::CommitNumber* commit) {
  CAIRN_TRY(CheckWanted());
  catalog::Collection changed = state_->writer().collection;
  for (catalog::IndexSpec& spec : changed.indexes) {
    for (Target& target : targets_) {
      if (target.spec.id != spec.id) continue;
      target.flags.Apply(target.generator, &spec);
      spec.ready = true;
    }
  }
  Result<kv::CommitNumber> committed =
      kv::RunTransaction(&store_->kv(), {}, [&](kv::Transaction& transaction) {
        CAIRN_TRY(catalog::PutCollection(transaction, changed));
        transaction.AppendLog(CreateIndexesRecord());
        return Status::Ok();
      });
  CAIRN_TRY(committed.status());
  *commit = *committed;
  const CollectionPtr shown = store_->FindCollectionById(collection_id_);
  state_->Replace(changed, true);
  store_->Publish(std::move(changed), shown->shared);
  return Status::Ok();
}

// When even this fails the index stays unready: the next build or open gives it up.
void IndexBuild::GiveUp() {
  const std::unique_lock latch(state_->latch);
  catalog::Collection changed = state_->writer().collection;
  std::erase_if(changed.indexes, [](const catalog::IndexSpec& index) { return !index.ready; });
  Result<kv::CommitNumber> committed =
      kv::RunTransaction(&store_->kv(), {}, [&](kv::Transaction& transaction) {
        CAIRN_TRY(catalog::PutCollection(transaction, changed));
        for (const Target& target : targets_) {
          CAIRN_TRY(catalog::PutDropped(transaction, target.spec.id, catalog::DroppedKind::kIndex));
        }
        return Status::Ok();
      });
  if (!committed.ok()) {
    store_->Log(LogLevel::kWarning,
                "an index build could not be undone: " + committed.status().ToString());
    return;
  }
  const CollectionPtr shown = store_->FindCollectionById(collection_id_);
  state_->Replace(changed, true);
  store_->Publish(std::move(changed), shown->shared);
  store_->reclaimer().Notify();
}

}  // namespace cairn::store
