// SPDX-License-Identifier: Apache-2.0
#include "engine/store/verify.h"

#include <memory>
#include <set>
#include <utility>

#include "engine/base/try.h"
#include "engine/catalog/catalog.h"
#include "engine/kv/verify_files.h"
#include "engine/store/change_record.h"
#include "engine/store/document_store.h"

namespace cairn::store {
namespace {

using key::Family;

class Verification {
 public:
  explicit Verification(const kv::OpenOptions& options) : options_(options) {
    options_.read_only = true;
  }

  Result<VerifyReport> Run() {
    CAIRN_TRY_ASSIGN(kv::FileReport files, kv::VerifyFiles(options_));
    report_.files = files.files;
    report_.bytes = files.bytes;
    report_.damages = std::move(files.damages);
    if (!files.opens) return std::move(report_);
    CAIRN_TRY_ASSIGN(std::unique_ptr<kv::Store> kv, kv::OpenRocksDb(options_));
    CheckLog(kv.get());
    Result<std::unique_ptr<DocumentStore>> store = DocumentStore::Over(std::move(kv), options_);
    if (!store.ok()) {
      Report("the catalog: " + store.status().message());
      return std::move(report_);
    }
    for (const CollectionPtr& collection : (*store)->ListCollections({})) {
      CheckCollection(store->get(), *collection);
    }
    CheckIds(store->get());
    return std::move(report_);
  }

 private:
  void Report(std::string damage) { report_.damages.push_back(std::move(damage)); }

  void CheckCollection(DocumentStore* store, const catalog::Collection& collection) {
    ++report_.collections;
    const std::string name = "collection " + collection.Namespace() + ": ";
    const Result<ValidateOutcome> outcome = store->Validate(collection);
    if (!outcome.ok()) return Report(name + outcome.status().message());
    report_.documents += outcome->documents;
    for (const auto& [index, entries] : outcome->index_keys) report_.index_entries += entries;
    for (const std::string& error : outcome->errors) Report(name + error);
  }

  // Every document and entry belongs to a collection or index, or to one that was dropped.
  void CheckIds(DocumentStore* store) {
    const std::unique_ptr<kv::Reader> reader = store->NewSnapshot();
    std::set<uint32_t> collections;
    std::set<uint32_t> indexes;
    for (const CollectionPtr& collection : store->ListCollections({})) {
      collections.insert(collection->id);
      for (const catalog::IndexSpec& index : collection->indexes) indexes.insert(index.id);
    }
    const std::unique_ptr<kv::Scan> dropped =
        reader->NewScan(Family::kCatalog, key::DroppedRange(), {});
    while (dropped->Next()) {
      if (dropped->key().size() != 5) continue;
      const auto id = base::LoadBig<uint32_t>(dropped->key().data() + 1);
      collections.insert(id);
      indexes.insert(id);
    }
    CheckIdsOf(reader.get(), Family::kDocuments, collections, "documents of a collection");
    CheckIdsOf(reader.get(), Family::kIndexes, indexes, "entries of an index");
  }

  void CheckIdsOf(kv::Reader* reader, Family family, const std::set<uint32_t>& known,
                  const std::string& what) {
    std::string from;
    while (true) {
      const std::unique_ptr<kv::Scan> scan = reader->NewScan(family, {from, {}}, {});
      if (!scan->Next()) {
        // What cannot be read has been reported with its collection.
        return;
      }
      if (scan->key().size() < 4) return Report("a key of less than four bytes");
      const auto id = base::LoadBig<uint32_t>(scan->key().data());
      if (!known.contains(id)) {
        Report("there are " + what + " that is not there: id " + std::to_string(id));
      }
      from = key::PrefixEnd(key::IdPrefix(id));
      if (from.empty()) return;
    }
  }

  // The commit after `after`, or why there is none.
  static Status ReadOne(kv::Store* kv, kv::CommitNumber after) {
    CAIRN_TRY_ASSIGN(const auto reader, kv->ReadLog(after));
    kv::LogEntry entry;
    return reader->Next(&entry).status();
  }

  // Retention has removed a beginning: the oldest commit is found by halving.
  void CheckLog(kv::Store* kv) {
    const kv::CommitNumber newest = kv->visible();
    report_.newest_commit = newest;
    kv::CommitNumber begin = 0;
    kv::CommitNumber end = newest;
    while (begin < end) {
      const kv::CommitNumber middle = begin + (end - begin) / 2;
      if (ReadOne(kv, middle).code() == ErrorCode::kChangeStreamHistoryLost) {
        begin = middle + 1;
      } else {
        end = middle;
      }
    }
    if (begin == newest) return;
    report_.oldest_commit = begin + 1;
    const Status status = FollowLog(kv, begin, newest);
    if (!status.ok()) Report("the commit log: " + status.message());
  }

  static Status FollowLog(kv::Store* kv, kv::CommitNumber after, kv::CommitNumber newest) {
    const auto damaged = [](kv::CommitNumber commit, const std::string& what) {
      return Status(ErrorCode::kDataCorruptionDetected,
                    "commit " + std::to_string(commit) + " " + what);
    };
    CAIRN_TRY_ASSIGN(const auto reader, kv->ReadLog(after));
    uint64_t timestamp = 0;
    for (kv::CommitNumber next = after + 1; next <= newest; ++next) {
      kv::LogEntry entry;
      CAIRN_TRY_ASSIGN(const bool more, reader->Next(&entry));
      if (!more || entry.number != next) return damaged(next, "is missing");
      if (entry.timestamp <= timestamp) return damaged(next, "is older than the one before it");
      timestamp = entry.timestamp;
      ChangeReader changes(entry.record);
      Change change;
      while (true) {
        const Result<bool> read = changes.Next(&change);
        if (!read.ok()) return damaged(next, "cannot be read: " + read.status().message());
        if (!*read) break;
      }
    }
    return Status::Ok();
  }

  kv::OpenOptions options_;
  VerifyReport report_;
};

}  // namespace

Result<VerifyReport> VerifyStore(const kv::OpenOptions& options) {
  return Verification(options).Run();
}

}  // namespace cairn::store
