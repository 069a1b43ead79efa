// SPDX-License-Identifier: Apache-2.0
// Opening, reading and writing; see store_impl.h for the rest.
#include "engine/store/document_store.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "engine/base/try.h"
#include "engine/base/turn.h"
#include "engine/index/entry.h"
#include "engine/key/encoding.h"
#include "engine/kv/retry.h"
#include "engine/store/store_impl.h"
#include "engine/store/write_transaction.h"

namespace cairn::store {

using key::Family;

Status DamagedDocument(std::string_view value) {
  if (!value.empty() && value[0] != key::kPlainBsonFormat) {
    return Status(ErrorCode::kDataCorruptionDetected,
                  "a document is stored in format " +
                      std::to_string(static_cast<uint8_t>(value[0])) +
                      ", which this version does not know");
  }
  return Status(ErrorCode::kDataCorruptionDetected, "a stored document has the wrong length");
}

namespace {

// How often a document may go while it is looked for.
constexpr int kMovesMax = 16;

bool IsTemporary(const catalog::Collection& collection) {
  const bson::Value temporary = collection.options["temp"];
  return temporary.type() == bson::Type::kBool && temporary.AsBool();
}

// What another version of ICU has put in order serves nobody. True when there is such an index.
bool HideIndexesOfOtherIcu(catalog::Collection* collection) {
  bool found = false;
  for (catalog::IndexSpec& index : collection->indexes) {
    if (!catalog::IsOfOtherIcu(index)) continue;
    index.ready = false;
    found = true;
  }
  return found;
}

}  // namespace

bool IndexScan::Next() {
  if (!status_.ok() || !scan_->Next()) return false;
  index::Entry entry;
  status_ = index::DecodeEntry(scan_->key(), scan_->value(), unique_, fields_, descending_, &entry);
  if (!status_.ok()) return false;
  fields_view_ = entry.fields;
  suffix_ = entry.suffix;
  type_bits_ = entry.type_bits;
  return true;
}

Result<std::unique_ptr<DocumentStore>> DocumentStore::Open(const kv::OpenOptions& options,
                                                           index::FilterCompiler compiler) {
  CAIRN_TRY_ASSIGN(std::unique_ptr<kv::Store> kv, kv::OpenRocksDb(options));
  return Over(std::move(kv), options, compiler);
}

Result<std::unique_ptr<DocumentStore>> DocumentStore::Over(std::unique_ptr<kv::Store> kv,
                                                           const kv::OpenOptions& options,
                                                           index::FilterCompiler compiler) {
  auto store = std::make_unique<StoreImpl>(std::move(kv), options, compiler);
  CAIRN_TRY(store->Load());
  return std::unique_ptr<DocumentStore>(std::move(store));
}

StoreImpl::StoreImpl(std::unique_ptr<kv::Store> kv, kv::OpenOptions options,
                     index::FilterCompiler compiler)
    : options_(std::move(options)), filter_compiler_(compiler), kv_(std::move(kv)) {}

StoreImpl::~StoreImpl() {
  closing_ = true;
  if (resume_thread_.joinable()) resume_thread_.join();
}

void StoreImpl::Log(LogLevel level, std::string_view message) const {
  if (options_.log) options_.log(level, message);
}

Status StoreImpl::Load() {
  const std::unique_ptr<kv::Reader> reader = kv_->NewSnapshot();
  CAIRN_TRY_ASSIGN(std::vector<catalog::Collection> collections, catalog::LoadCollections(*reader));
  const bool writable = kv_->write_state().ok();
  if (writable) CAIRN_TRY(DropTemporary(collections));
  std::erase_if(collections, IsTemporary);
  std::vector<CollectionPtr> stale;
  for (catalog::Collection& collection : collections) {
    const bool of_other_icu = HideIndexesOfOtherIcu(&collection);
    auto state = std::make_shared<CollectionState>(collection, filter_compiler_);
    CAIRN_TRY_ASSIGN(const uint64_t last_record, LastRecord(*reader, collection));
    for (const catalog::IndexSpec& index : collection.indexes) {
      if (!index.ready && index.build.has_value()) {
        state->build_log_pin = kv_->PinLog(index.build->after);
      }
    }
    state->last_record = last_record;
    state->record_mark = last_record;
    const CollectionPtr shown = Publish(std::move(collection), std::move(state));
    if (of_other_icu) stale.push_back(shown);
  }
  if (!writable) return Status::Ok();
  reclaimer_ = std::make_unique<Reclaimer>(kv_.get(), options_.log);
  // Before anybody writes, so that unique indexes miss no duplicate.
  for (const CollectionPtr& collection : stale) ResumeBuildsOf(collection);
  return Status::Ok();
}

// What a copy had come to when the process ended.
Status StoreImpl::DropTemporary(const std::vector<catalog::Collection>& collections) {
  for (const catalog::Collection& collection : collections) {
    if (!IsTemporary(collection)) continue;
    Result<kv::CommitNumber> committed =
        kv::RunTransaction(kv_.get(), {}, [&](kv::Transaction& transaction) {
          std::string record;
          CAIRN_TRY(PutDrop(transaction, collection, &record));
          transaction.AppendLog(record);
          return Status::Ok();
        });
    CAIRN_TRY(committed.status());
  }
  return Status::Ok();
}

Result<uint64_t> StoreImpl::LastRecord(kv::Reader& reader, const catalog::Collection& collection) {
  if (collection.layout != catalog::Layout::kByRecord) return uint64_t{0};
  const std::unique_ptr<kv::Scan> scan = reader.NewScan(
      Family::kDocuments, key::PrefixRange(key::IdPrefix(collection.id)), {.reverse = true});
  uint64_t last = 0;
  if (scan->Next()) {
    const std::string_view suffix = key::SuffixOfDocumentKey(scan->key());
    if (suffix.size() != sizeof(last)) {
      return Status(ErrorCode::kDataCorruptionDetected, "a record number is damaged");
    }
    last = base::LoadBig<uint64_t>(suffix.data());
  }
  CAIRN_TRY(scan->status());
  // The newest documents may have been deleted: their numbers are not given again.
  kv::PinnedValue mark;
  CAIRN_TRY_ASSIGN(const bool found,
                   reader.Get(Family::kCatalog, key::RecordMarkKey(collection.id), &mark));
  if (found && mark.view().size() != sizeof(last)) {
    return Status(ErrorCode::kDataCorruptionDetected, "a mark of record numbers is damaged");
  }
  if (found) last = std::max(last, base::LoadLittle<uint64_t>(mark.view().data()));
  return last;
}

CollectionPtr StoreImpl::Publish(catalog::Collection collection,
                                 std::shared_ptr<catalog::Shared> shared) {
  collection.shared = std::move(shared);
  const CollectionPtr before = catalog_.FindById(collection.id);
  const auto new_usage = [this] {
    auto usage = std::make_shared<catalog::IndexUsage>();
    usage->since_ms = options_.clock->WallMs();
    return usage;
  };
  collection.id_usage = before != nullptr ? before->id_usage : new_usage();
  for (catalog::IndexSpec& index : collection.indexes) {
    if (before != nullptr) {
      for (const catalog::IndexSpec& old : before->indexes) {
        if (old.id == index.id && old.ready == index.ready) index.usage = old.usage;
      }
    }
    if (index.usage == nullptr) index.usage = new_usage();
  }
  return catalog_.Publish(std::move(collection));
}

std::shared_ptr<CollectionState> StoreImpl::StateOf(const catalog::Collection& collection) const {
  if (collection.shared != nullptr) {
    return std::static_pointer_cast<CollectionState>(collection.shared);
  }
  const CollectionPtr found = catalog_.FindById(collection.id);
  return found == nullptr ? nullptr : std::static_pointer_cast<CollectionState>(found->shared);
}

CollectionPtr StoreImpl::FindCollection(std::string_view database, std::string_view name) const {
  return catalog_.Find(database, name);
}

CollectionPtr StoreImpl::FindCollectionById(uint32_t id) const { return catalog_.FindById(id); }

std::vector<CollectionPtr> StoreImpl::ListCollections(std::string_view database) const {
  return catalog_.List(database);
}

std::vector<std::string> StoreImpl::ListDatabases() const { return catalog_.Databases(); }

CollectionSnapshot StoreImpl::NewSnapshotOf(const CollectionPtr& collection) {
  const std::shared_ptr<CollectionState> state = StateOf(*collection);
  if (state == nullptr) return {kv_->NewSnapshot(), nullptr};
  // The latch keeps indexes from becoming ready in between; flags are shown before they are needed.
  const std::shared_lock latch(state->latch);
  CollectionSnapshot snapshot{kv_->NewSnapshot(), nullptr};
  if (!state->dropped) snapshot.collection = catalog_.FindById(collection->id);
  return snapshot;
}

Result<bool> StoreImpl::Read(kv::Reader& reader, const catalog::Collection& collection,
                             std::string_view suffix, kv::PinnedValue* value,
                             bson::View* document) {
  std::string key = key::IdPrefix(collection.id);
  key.append(suffix);
  CAIRN_TRY_ASSIGN(const bool found, reader.Get(Family::kDocuments, key, value));
  if (!found) return false;
  if (!IsPlainDocument(value->view())) return DamagedDocument(value->view());
  *document = bson::View(value->view().data() + 1);
  return true;
}

Result<bool> StoreImpl::ReadById(const catalog::Collection& collection, bson::Value id,
                                 kv::PinnedValue* value, bson::View* document) {
  std::string key;
  if (collection.layout == catalog::Layout::kById) {
    key = key::DocumentKey(collection.id, id);
  } else {
    const catalog::IndexSpec* index = collection.FindIndex(catalog::kIdIndexName);
    if (index == nullptr) {
      return Status(ErrorCode::kDataCorruptionDetected, "a collection has lost its index on _id");
    }
    return ReadByUnique(collection, *index, id, value, document);
  }
  return ReadNewest(key, value, document);
}

Result<bool> StoreImpl::ReadByUnique(const catalog::Collection& collection,
                                     const catalog::IndexSpec& index, bson::Value key,
                                     kv::PinnedValue* value, bson::View* document) {
  int fields = 0;
  const uint32_t descending = index::DescendingFields(index.key_pattern, &fields);
  index::GeneratedKey generated;
  key::AppendValue(key, descending != 0 ? key::Direction::kDescending : key::Direction::kAscending,
                   &generated.fields);
  key::FitKey(&generated.fields, key::kMaxFieldBytes);
  std::string bytes;
  index::EncodeEntryKey(index.id, true, generated, {}, &bytes);
  // Between the two reads the document may go, and another one take over its key.
  for (int attempt = 0; attempt < kMovesMax; ++attempt) {
    CAIRN_TRY_ASSIGN(const bool found, kv_->Get(Family::kIndexes, bytes, value));
    if (!found) return false;
    index::Entry entry;
    CAIRN_TRY(index::DecodeEntry(bytes, value->view(), true, fields, descending, &entry));
    std::string place = key::IdPrefix(collection.id);
    place.append(entry.suffix);
    CAIRN_TRY_ASSIGN(const bool there, ReadNewest(place, value, document));
    if (there) return true;
  }
  return false;
}

Result<bool> StoreImpl::ReadNewest(std::string_view key, kv::PinnedValue* value,
                                   bson::View* document) {
  CAIRN_TRY_ASSIGN(const bool found, kv_->Get(Family::kDocuments, key, value));
  if (!found) return false;
  if (!IsPlainDocument(value->view())) return DamagedDocument(value->view());
  *document = bson::View(value->view().data() + 1);
  return true;
}

std::unique_ptr<DocumentScan> StoreImpl::ScanDocuments(kv::Reader& reader,
                                                       const catalog::Collection& collection,
                                                       const key::Range& suffixes,
                                                       const kv::ScanOptions& options) {
  const std::string prefix = key::IdPrefix(collection.id);
  const key::Range range{prefix + suffixes.begin,
                         suffixes.end.empty() ? key::PrefixEnd(prefix) : prefix + suffixes.end};
  return std::make_unique<DocumentScan>(reader.NewScan(Family::kDocuments, range, options));
}

std::unique_ptr<IndexScan> StoreImpl::ScanIndex(kv::Reader& reader, const catalog::IndexSpec& index,
                                                const key::Range& fields,
                                                const kv::ScanOptions& options) {
  int field_count = 0;
  const uint32_t descending = index::DescendingFields(index.key_pattern, &field_count);
  return std::make_unique<IndexScan>(
      reader.NewScan(Family::kIndexes, index::EntryRange(index.id, fields), options),
      catalog::HasUniqueEntries(index), field_count, descending);
}

kv::Counts StoreImpl::GetCounts(const catalog::Collection& collection) const {
  return kv_->GetCounts(collection.id);
}

uint64_t StoreImpl::Additions(const catalog::Collection& collection) const {
  const std::shared_ptr<CollectionState> state = StateOf(collection);
  if (state == nullptr) return 0;
  const std::lock_guard lock(state->additions_mutex);
  return state->additions;
}

bool StoreImpl::WaitForAdditions(const catalog::Collection& collection, uint64_t seen,
                                 int64_t timeout_ms) {
  const std::shared_ptr<CollectionState> state = StateOf(collection);
  if (state == nullptr) return true;
  std::unique_lock lock(state->additions_mutex);
  return state->additions_changed.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                           [&] { return state->additions != seen; });
}

Result<kv::CommitNumber> StoreImpl::Write(const CollectionPtr& collection,
                                          const std::function<Status(WriteTransaction&)>& body) {
  std::shared_ptr<CollectionState>
      found;  // Only where `collection` does not keep its state itself.
  auto* state = static_cast<CollectionState*>(collection->shared.get());
  if (state == nullptr) [[unlikely]] {
    found = StateOf(*collection);
    state = found.get();
  }
  for (int attempt = 1; state != nullptr; ++attempt) {
    Status status;
    {
      const std::shared_lock latch(state->latch);
      const base::Turn::Unbroken unbroken;
      if (state->dropped) break;
      // Capped: numbers become visible in their order, and whoever makes room sees what is there.
      std::unique_lock<std::mutex> serial(state->records_mutex, std::defer_lock);
      if (state->writer().collection.layout == catalog::Layout::kByRecord) serial.lock();
      StoreTransaction transaction(this, state);
      status = body(transaction);
      if (status.ok()) {
        Result<kv::CommitNumber> committed = transaction.Commit();
        if (committed.ok()) {
          if (serial.owns_lock()) state->NoteAddition();
          return committed;
        }
        status = std::move(committed).status();
      }
    }
    if (status.code() != ErrorCode::kWriteConflict || attempt == kv::kAttemptsMax) return status;
    kv::BackOff(attempt);
  }
  return Status(ErrorCode::kNamespaceNotFound,
                "collection " + collection->Namespace() + " has been dropped");
}

}  // namespace cairn::store
