// SPDX-License-Identifier: Apache-2.0
// How an index build brings in what was written meanwhile.
#include <mutex>
#include <utility>

#include "engine/base/try.h"
#include "engine/index/entry.h"
#include "engine/kv/retry.h"
#include "engine/store/change_record.h"
#include "engine/store/index_build.h"
#include "engine/store/store_impl.h"

namespace cairn::store {

using catalog::BuildStage;
using index::GeneratedKey;
using key::Family;

// The index has exactly the keys of `done`.
Status IndexBuild::Replay(std::unique_ptr<kv::Reader> done, kv::CommitNumber* commit) {
  kv::Store& kv = store_->kv();
  uint64_t before = ~uint64_t{0};
  int pressed = 0;
  while (pressed < kPressedRoundsMax) {
    std::unique_ptr<kv::Reader> newer = kv.NewSnapshot();
    const uint64_t commits = newer->read_number() - done->read_number();
    if (commits <= kFinalCommitsMax) break;
    pressing_ = pressing_ || commits > before / 2;
    if (pressing_) ++pressed;
    before = commits;
    CAIRN_TRY(CatchUp(*done, *newer));
    done = std::move(newer);
    CAIRN_TRY(Note(BuildStage::kLoaded, done->read_number(), {}));
    log_pin_ = kv.PinLog(done->read_number());
  }
  pressing_ = false;
  // Little is left to be synced while the latch is held.
  CAIRN_TRY(kv.WaitDurable(kv.visible()));
  const std::unique_lock latch(state_->latch);
  const std::unique_ptr<kv::Reader> last = kv.NewSnapshot();
  CAIRN_TRY(CatchUp(*done, *last));
  return MakeReady(commit);
}

Status IndexBuild::CatchUp(kv::Reader& from, kv::Reader& to) {
  const kv::CommitNumber after = from.read_number();
  const kv::CommitNumber last = to.read_number();
  if (after == last) return Status::Ok();
  CAIRN_TRY(store_->kv().WaitDurable(last));
  for (const Side side : {Side::kRemove, Side::kAdd}) {
    CAIRN_TRY(ForEachTouched(after, last, kTouchedMax, [&](const Suffixes& touched) {
      return Bring(&from, to, touched, side);
    }));
  }
  return Status::Ok();
}

// Of what was there before this process, only documents that were not touched since are right.
Status IndexBuild::Renew(kv::Reader& to) {
  const kv::CommitNumber last = to.read_number();
  CAIRN_TRY(store_->kv().WaitDurable(last));
  for (const Target& target : targets_) {
    if (!target.has_other_keys) continue;
    CAIRN_TRY(ForEachTouched(after_, last, kTouchedByOthers,
                             [&](const Suffixes& touched) { return Sweep(target, touched); }));
  }
  CAIRN_TRY(ForEachTouched(after_, last, kTouchedMax, [&](const Suffixes& touched) {
    return Bring(nullptr, to, touched, Side::kAdd);
  }));
  touched_.clear();
  return Note(BuildStage::kLoaded, last, {});
}

Status IndexBuild::CollectTouched(kv::CommitNumber after, kv::CommitNumber last) {
  CAIRN_TRY(store_->kv().WaitDurable(last));
  touched_.clear();
  return ForEachTouched(after, last, kTouchedByOthers, [&](const Suffixes& touched) {
    if (!touched_.empty()) {
      return Status(ErrorCode::kChangeStreamHistoryLost, "too many documents were touched");
    }
    touched_ = touched;
    return Status::Ok();
  });
}

Status IndexBuild::ForEachTouched(kv::CommitNumber after, kv::CommitNumber last, size_t at_a_time,
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
    if (touched.size() < at_a_time) continue;
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

// Deletes the entries of these documents.
Status IndexBuild::Sweep(const Target& target, const Suffixes& touched) {
  const std::unique_ptr<kv::Reader> reader = store_->NewSnapshot();
  const std::unique_ptr<IndexScan> scan =
      store_->ScanIndex(*reader, target.spec, {}, {.fill_cache = false});
  for (bool more = true; more;) {
    CAIRN_TRY(CheckWanted());
    std::unique_ptr<kv::Transaction> transaction = store_->kv().Begin({});
    for (int i = 0; more && i < kEntriesPerCommit; ++i) {
      more = scan->Next();
      if (more && touched.contains(std::string(scan->suffix()))) {
        CAIRN_TRY(transaction->Delete(Family::kIndexes, scan->key()));
      }
    }
    CAIRN_TRY(scan->status());
    CAIRN_TRY(store_->kv().Commit(std::move(transaction)).status());
  }
  return Status::Ok();
}

Status IndexBuild::Bring(kv::Reader* from, kv::Reader& to, const Suffixes& touched, Side side) {
  auto at = touched.begin();
  while (at != touched.end()) {
    auto end = at;
    for (int i = 0; i < kDocumentsPerCommit && end != touched.end(); ++i) ++end;
    CAIRN_TRY(CheckWanted());
    std::unique_lock latch(state_->latch, std::defer_lock);
    if (pressing_) latch.lock();
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

Status IndexBuild::BringOne(kv::Transaction& transaction, kv::Reader* from, kv::Reader& to,
                            const std::string& suffix, Side side) {
  const catalog::Collection& collection = state_->writer().collection;
  kv::PinnedValue old_value;
  kv::PinnedValue new_value;
  bson::View old_document;
  bson::View new_document;
  bool was = false;
  if (from != nullptr) {
    CAIRN_TRY_ASSIGN(was, store_->Read(*from, collection, suffix, &old_value, &old_document));
  }
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

}  // namespace cairn::store
