// SPDX-License-Identifier: Apache-2.0
#include "engine/store/write_transaction.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>

#include "engine/base/try.h"
#include "engine/catalog/catalog.h"
#include "engine/key/encoding.h"
#include "engine/store/duplicate_key.h"
#include "engine/store/store_impl.h"

namespace cairn::store {

// The change record of one inserted document fits.
constexpr size_t kRecordBytesUsual = 128;
// Record numbers that one raise of their mark covers. Part of the on-disk format's meaning: any
// number will do.
constexpr uint64_t kRecordsPerMark = 1024;
// Documents that one insert into a capped collection may push out.
constexpr size_t kRoomBytesMax = size_t{4} << 20;

using index::FindKey;
using index::GeneratedKey;
using key::Family;

bool TouchedKeys::Mark(std::string_view key) {
  const uint64_t hash = std::hash<std::string_view>()(key) | 1;
  if (first_ == 0) {
    first_ = hash;
    return false;
  }
  if (slots_.empty()) {
    slots_.resize(64);
    slots_[first_ >> 32 & (slots_.size() - 1)] = first_;
    size_ = 1;
  }
  if (2 * size_ >= slots_.size()) Grow();
  size_t at = hash >> 32 & (slots_.size() - 1);
  for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at] == hash) return true;
  }
  slots_[at] = hash;
  ++size_;
  return false;
}

void TouchedKeys::Grow() {
  std::vector<uint64_t> old(2 * slots_.size());
  old.swap(slots_);
  for (const uint64_t hash : old) {
    if (hash == 0) continue;
    size_t at = hash >> 32 & (slots_.size() - 1);
    while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = hash;
  }
}

StoreTransaction::StoreTransaction(StoreImpl* store, CollectionState* state)
    : store_(store),
      state_(state),
      view_(state->writer()),
      transaction_(store->kv().Begin({.snapshot = false})),
      changes_(view_.indexes.size()),
      affected_(view_.indexes.size()) {}

void StoreTransaction::SetDocumentKey(std::string_view suffix) {
  key_.clear();
  key::AppendIdPrefix(view_.collection.id, &key_);
  key_.append(suffix);
}

Status StoreTransaction::CheckSize(bson::View document) const {
  if (document.size() <= static_cast<size_t>(bson::kMaxDocumentBytes)) return Status::Ok();
  return Status(ErrorCode::kBSONObjectTooLarge,
                "document is too large: " + std::to_string(document.size()) + " bytes, at most " +
                    std::to_string(bson::kMaxDocumentBytes) + " are allowed");
}

Status StoreTransaction::PutDocument(bson::View document) {
  value_.clear();
  value_.reserve(1 + document.size());
  value_.push_back(key::kPlainBsonFormat);
  value_.append(document.bytes());
  return transaction_->Put(Family::kDocuments, key_, value_);
}

// A key of an index that refuses duplicates: nobody else may have it, or get it before this
// transaction commits. Where entries go on with the document's suffix no entry has the key itself,
// but it is what writers of the same key lock.
Status StoreTransaction::ClaimKey(const WriterIndex& index, const GeneratedKey& key,
                                  bson::View document) {
  index::EncodeEntryKey(index.spec->id, true, key, {}, &entry_key_);
  CAIRN_TRY_ASSIGN(bool taken, transaction_->GetForUpdate(Family::kIndexes, entry_key_, nullptr));
  if (!index.unique_entries) {
    const std::unique_ptr<kv::Scan> scan =
        transaction_->NewScan(Family::kIndexes, key::PrefixRange(entry_key_), {});
    taken = scan->Next();
    CAIRN_TRY(scan->status());
  }
  if (!taken) return Status::Ok();
  const catalog::Collection& collection = view_.collection;
  return DuplicateKeyError(collection.Namespace(), index.spec->name, index.spec->key_pattern,
                           index.generator.KeyValues(document, key.fields));
}

// Checks the keys that `changes_[i].after` has and `before` has not.
Status StoreTransaction::CheckNew(size_t i, bson::View document) {
  const WriterIndex& index = view_.indexes[i];
  if (!index.refuses_duplicates) return Status::Ok();
  for (const GeneratedKey& key : changes_[i].after.keys()) {
    if (FindKey(changes_[i].before, key.fields) != nullptr) continue;
    CAIRN_TRY(ClaimKey(index, key, document));
  }
  return Status::Ok();
}

Status StoreTransaction::PutEntries(size_t i, bool changed_only) {
  const WriterIndex& index = view_.indexes[i];
  const bool unique = index.unique_entries;
  for (const GeneratedKey& key : changes_[i].after.keys()) {
    if (changed_only) {
      const GeneratedKey* old = FindKey(changes_[i].before, key.fields);
      if (old != nullptr && old->type_bits.bytes() == key.type_bits.bytes()) continue;
    }
    index::EncodeEntryKey(index.spec->id, unique, key, suffix(), &entry_key_);
    index::EncodeEntryValue(unique, key, suffix(), &value_);
    CAIRN_TRY(transaction_->Put(Family::kIndexes, entry_key_, value_));
  }
  return Status::Ok();
}

Status StoreTransaction::DeleteEntries(size_t i, bool changed_only) {
  const WriterIndex& index = view_.indexes[i];
  for (const GeneratedKey& key : changes_[i].before.keys()) {
    if (changed_only && FindKey(changes_[i].after, key.fields) != nullptr) continue;
    index::EncodeEntryKey(index.spec->id, index.unique_entries, key, suffix(), &entry_key_);
    CAIRN_TRY(transaction_->Delete(Family::kIndexes, entry_key_));
  }
  return Status::Ok();
}

void StoreTransaction::NoteFlags(size_t i) {
  const WriterIndex& index = view_.indexes[i];
  if (index.known.Cover(changes_[i].after)) [[likely]]
    return;
  if (flags_.empty()) {
    for (const WriterIndex& each : view_.indexes) flags_.push_back(each.known);
  }
  flags_[i].Add(changes_[i].after);
}

void StoreTransaction::Record(Change change, bson::View before) {
  change.collection_id = view_.collection.id;
  change.suffix = suffix();
  if (touched_.Mark(key_) && change.kind != ChangeKind::kInsert) change.before = before.bytes();
  if (record_.empty()) record_.reserve(kRecordBytesUsual);
  AppendChange(change, &record_);
}

void StoreTransaction::AddCounts(int64_t documents, int64_t bytes) {
  transaction_->AddCounts(view_.collection.id, documents, bytes);
  added_.documents += documents;
  added_.bytes += bytes;
}

// The key of a new document in layout by_record.
Status StoreTransaction::NextRecord() {
  const uint64_t number = ++state_->last_record;
  if (number > std::max(state_->record_mark, record_mark_)) {
    record_mark_ = number + kRecordsPerMark - 1;
    value_.clear();
    base::AppendLittle<uint64_t>(&value_, record_mark_);
    CAIRN_TRY(transaction_->Put(Family::kCatalog, key::RecordMarkKey(view_.collection.id), value_));
  }
  std::string suffix;
  base::AppendBig<uint64_t>(&suffix, number);
  SetDocumentKey(suffix);
  return Status::Ok();
}

// Deletes the oldest documents of a capped collection until it is within its bounds; never the one
// with number `newest`. Bounds that have shrunk a lot are reached in several inserts.
Status StoreTransaction::MakeRoom(uint64_t newest) {
  const catalog::CappedBounds& bounds = *view_.collection.capped;
  kv::Counts counts = store_->GetCounts(view_.collection);
  counts.documents += added_.documents;
  counts.bytes += added_.bytes;
  const auto too_much = [&] {
    return counts.bytes > bounds.bytes ||
           (bounds.documents > 0 && counts.documents > bounds.documents);
  };
  if (!too_much()) return Status::Ok();
  std::vector<std::pair<std::string, std::string>> oldest;  // Suffix, document.
  key::Range range;
  base::AppendBig<uint64_t>(&range.begin, std::max(state_->first_record, first_record_));
  base::AppendBig<uint64_t>(&range.end, newest);
  const std::unique_ptr<DocumentScan> scan =
      store_->ScanDocuments(*transaction_, view_.collection, range, {});
  for (size_t bytes = 0; too_much() && bytes < kRoomBytesMax && scan->Next();) {
    const bson::View document = scan->document();
    oldest.emplace_back(scan->suffix(), document.bytes());
    bytes += document.size();
    counts.documents -= 1;
    counts.bytes -= static_cast<int64_t>(document.size());
  }
  CAIRN_TRY(scan->status());
  for (const auto& [suffix, document] : oldest) {
    CAIRN_TRY(Delete(suffix, bson::View(document.data())));
    first_record_ = base::LoadBig<uint64_t>(suffix.data()) + 1;
  }
  return Status::Ok();
}

// Whether a document has the key, which is locked until the commit: two transactions cannot both
// find it free, nor both find that it is the highest so far.
Result<bool> StoreTransaction::IsTaken() {
  CAIRN_TRY(transaction_->LockForUpdate(Family::kDocuments, key_));
  // A remote store has other writers, whose documents this process does not know.
  if (!store_->kv().limits().remote) {
    CAIRN_TRY_ASSIGN(const bool may_be, IsWithinHighest());
    if (!may_be) return false;
  }
  return transaction_->Get(Family::kDocuments, key_, nullptr);
}

// False: no document has, or is getting, such a high key. It then counts as the highest itself.
Result<bool> StoreTransaction::IsWithinHighest() {
  const std::lock_guard lock(state_->highest_mutex);
  if (!state_->highest_known) [[unlikely]] {
    const key::Range all = key::PrefixRange(key::IdPrefix(view_.collection.id));
    const std::unique_ptr<kv::Scan> scan =
        transaction_->NewScan(Family::kDocuments, all, {.reverse = true});
    if (scan->Next()) state_->highest_suffix = key::SuffixOfDocumentKey(scan->key());
    CAIRN_TRY(scan->status());
    state_->highest_known = true;
  }
  if (suffix() <= state_->highest_suffix) return true;
  state_->highest_suffix.assign(suffix());
  return false;
}

Status StoreTransaction::Insert(bson::View document) {
  CAIRN_TRY(CheckSize(document));
  if (view_.collection.capped.has_value() &&
      static_cast<int64_t>(document.size()) > view_.collection.capped->bytes) [[unlikely]] {
    return Status(ErrorCode::kBadValue, "object to insert exceeds cappedMaxSize");
  }
  const bson::Value id = document.begin()->value;
  if (view_.collection.layout == catalog::Layout::kById) {
    SetDocumentKey({});
    key::AppendValue(id, key::Direction::kAscending, &key_);
    if (suffix().size() >= key::kMaxSuffixBytes) [[unlikely]]
      key_ = key::DocumentKey(view_.collection.id, id);
    CAIRN_TRY_ASSIGN(const bool taken, IsTaken());
    if (taken) [[unlikely]]
      return DuplicateIdError(view_.collection, id);
  } else {
    CAIRN_TRY(NextRecord());
  }
  const size_t indexes = view_.indexes.size();
  for (size_t i = 0; i < indexes; ++i) {
    changes_[i].before.Clear();
    CAIRN_TRY(view_.indexes[i].generator.Generate(document, &changes_[i].after));
    CAIRN_TRY(CheckNew(i, document));
  }
  CAIRN_TRY(PutDocument(document));
  for (size_t i = 0; i < indexes; ++i) {
    CAIRN_TRY(PutEntries(i, false));
    NoteFlags(i);
  }
  AddCounts(1, static_cast<int64_t>(document.size()));
  Record({.kind = ChangeKind::kInsert}, {});
  if (view_.collection.capped.has_value()) [[unlikely]]
    return MakeRoom(state_->last_record);
  return Status::Ok();
}

Result<bool> StoreTransaction::ReadForUpdate(std::string_view suffix, bson::View* document) {
  SetDocumentKey(suffix);
  CAIRN_TRY_ASSIGN(const bool found, transaction_->GetForUpdate(Family::kDocuments, key_, &read_));
  if (!found) return false;
  if (!IsPlainDocument(read_.view())) return DamagedDocument(read_.view());
  *document = bson::View(read_.view().data() + 1);
  return true;
}

Status StoreTransaction::Update(std::string_view suffix, bson::View before, bson::View after,
                                bson::View diff) {
  CAIRN_TRY(CheckSize(after));
  SetDocumentKey(suffix);
  const size_t indexes = view_.indexes.size();
  for (size_t i = 0; i < indexes; ++i) {
    const WriterIndex& index = view_.indexes[i];
    affected_[i] = index.generator.MayDiffer(before, after);
    if (!affected_[i]) continue;
    CAIRN_TRY(index.generator.Generate(before, &changes_[i].before));
    CAIRN_TRY(index.generator.Generate(after, &changes_[i].after));
    CAIRN_TRY(CheckNew(i, after));
  }
  CAIRN_TRY(PutDocument(after));
  for (size_t i = 0; i < indexes; ++i) {
    if (!affected_[i]) continue;
    CAIRN_TRY(DeleteEntries(i, true));
    CAIRN_TRY(PutEntries(i, true));
    NoteFlags(i);
  }
  AddCounts(0, static_cast<int64_t>(after.size()) - static_cast<int64_t>(before.size()));
  if (diff.empty()) {
    Record({.kind = ChangeKind::kReplace}, before);
  } else {
    Record({.kind = ChangeKind::kUpdate, .diff = diff.bytes()}, before);
  }
  return Status::Ok();
}

Status StoreTransaction::Delete(std::string_view suffix, bson::View before) {
  SetDocumentKey(suffix);
  const size_t indexes = view_.indexes.size();
  for (size_t i = 0; i < indexes; ++i) {
    CAIRN_TRY(view_.indexes[i].generator.Generate(before, &changes_[i].before));
  }
  CAIRN_TRY(transaction_->Delete(Family::kDocuments, key_));
  for (size_t i = 0; i < indexes; ++i) CAIRN_TRY(DeleteEntries(i, false));
  AddCounts(-1, -static_cast<int64_t>(before.size()));
  bson::Builder id;
  id.Append("_id", before.Find("_id"));
  const bson::Document id_document = id.Finish();
  Record({.kind = ChangeKind::kDelete, .id = id_document.bytes()}, before);
  return Status::Ok();
}

// New flags go into the commit that needs them, and to readers before it is visible. flags_mutex is
// held.
Status StoreTransaction::PutFlags() {
  const WriterView& now = state_->writer();
  catalog::Collection changed = now.collection;
  for (size_t i = 0; i < now.indexes.size(); ++i) {
    for (catalog::IndexSpec& spec : changed.indexes) {
      if (spec.id == now.indexes[i].spec->id) flags_[i].Apply(now.indexes[i].generator, &spec);
    }
  }
  CAIRN_TRY(catalog::PutCollection(*transaction_, changed));
  const CollectionPtr shown = store_->FindCollectionById(changed.id);
  store_->Publish(std::move(changed), shown->shared);
  return Status::Ok();
}

Result<kv::CommitNumber> StoreTransaction::Commit() {
  Result<kv::CommitNumber> committed = CommitWithFlags();
  if (committed.ok()) {
    if (record_mark_ != 0) state_->record_mark = record_mark_;
    if (first_record_ != 0) state_->first_record = first_record_;
  }
  return committed;
}

Result<kv::CommitNumber> StoreTransaction::CommitWithFlags() {
  if (!record_.empty()) transaction_->AppendLog(record_);
  if (flags_.empty()) [[likely]]
    return store_->kv().Commit(std::move(transaction_));
  const std::lock_guard lock(state_->flags_mutex);
  CAIRN_TRY(PutFlags());
  Result<kv::CommitNumber> committed = store_->kv().Commit(std::move(transaction_));
  // After a failure the writers' view stays without the flags, so the next one brings them again.
  if (committed.ok()) {
    catalog::Collection changed = *store_->FindCollectionById(view_.collection.id);
    state_->Replace(changed, false);
  }
  return committed;
}

}  // namespace cairn::store
