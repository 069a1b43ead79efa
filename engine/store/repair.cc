// SPDX-License-Identifier: Apache-2.0
#include "engine/store/repair.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "cairn/bson.h"
#include "cairn/json.h"
#include "engine/base/try.h"
#include "engine/catalog/catalog.h"
#include "engine/key/encoding.h"
#include "engine/kv/commit_record.h"
#include "engine/kv/salvage.h"
#include "engine/kv/verify_files.h"
#include "engine/store/document_store.h"

namespace cairn::store {
namespace {

namespace fs = std::filesystem;
using key::Family;

constexpr size_t kBatchDocuments = 1000;
constexpr size_t kBatchBytes = size_t{8} << 20;
constexpr size_t kLostMax = 10000;
constexpr const char* kRecoveredDatabase = "recovered";

// A document's key as an _id where it is one, else in hexadecimal.
std::string NameOf(std::string_view key) {
  constexpr char kHex[] = "0123456789abcdef";
  if (key.size() <= 4) return "its edge";
  key::Decoder decoder(key::SuffixOfDocumentKey(key), {});
  bson::Builder id;
  if (decoder.Next(key::Direction::kAscending, "_id", &id).ok()) return json::ToJson(id.Finish());
  std::string text = "key ";
  for (const char c : key) {
    text += kHex[static_cast<uint8_t>(c) >> 4];
    text += kHex[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

class Repair {
 public:
  Repair(const kv::OpenOptions& options, std::string fresh)
      : options_(options), fresh_path_(std::move(fresh)) {}

  Status Run(kv::Store* damaged) {
    kv::OpenOptions fresh = options_;
    fresh.path = fresh_path_;
    CAIRN_TRY_ASSIGN(fresh_, DocumentStore::Open(fresh));
    reader_ = damaged->NewSnapshot();
    ReadCatalog();
    for (const catalog::Collection& collection : collections_) CAIRN_TRY(Copy(collection));
    CAIRN_TRY(CopyNameless());
    return fresh_->kv().WaitDurable(fresh_->kv().visible());
  }
  /// The reader goes before the store that it reads.
  void Close() {
    reader_.reset();
    fresh_.reset();
  }
  RepairReport& report() { return report_; }
  void Lose(std::string what) {
    const auto& lost = report_.lost;
    if (lost.size() == kLostMax || std::find(lost.begin(), lost.end(), what) != lost.end()) return;
    report_.lost.push_back(std::move(what));
  }

 private:
  void ReadCatalog() {
    const std::string all(1, key::kCollectionTag);
    const std::vector<kv::Gap> gaps = kv::ReadAround(
        reader_.get(), Family::kCatalog, {all, key::PrefixEnd(all)},
        [this](std::string_view key, std::string_view value) {
          Result<catalog::Collection> collection =
              bson::Validate(value).ok()
                  ? catalog::DecodeCollection(bson::View(value.data()))
                  : Result<catalog::Collection>(Status(ErrorCode::kInvalidBSON, "it is no BSON"));
          if (collection.ok()) {
            collections_.push_back(std::move(collection).value());
          } else {
            Lose("the definition of a collection (" + std::string(key.substr(1)) +
                 "): " + collection.status().message());
          }
        });
    for (const kv::Gap& gap : gaps) {
      Lose("definitions of collections from " + gap.begin.substr(1) + " on: " + gap.why.message());
    }
  }

  Status Copy(const catalog::Collection& collection) {
    kept_.insert(collection.id);
    CAIRN_TRY_ASSIGN(const CollectionPtr to,
                     fresh_->CreateCollection(collection.database, collection.name,
                                              collection.layout, collection.options, nullptr));
    ++report_.collections;
    const std::string name = "collection " + collection.Namespace();
    CAIRN_TRY_ASSIGN(const uint64_t copied, CopyDocuments(name, collection.id, to));
    kv::PinnedValue value;
    const Result<bool> counted =
        reader_->Get(Family::kCatalog, key::CountsKey(collection.id), &value);
    const auto counts = counted.ok() && *counted ? kv::DecodeCounts(value.view()) : std::nullopt;
    if (counts && counts->counts.documents > static_cast<int64_t>(copied)) {
      Lose(name + ": " + std::to_string(counts->counts.documents - static_cast<int64_t>(copied)) +
           " of " + std::to_string(counts->counts.documents) + " documents");
    }
    for (const catalog::IndexSpec& index : collection.indexes) {
      if (index.name == catalog::kIdIndexName || !index.ready) continue;
      const Result<CreateIndexesOutcome> built = fresh_->CreateIndexes(
          collection.database, collection.name,
          {IndexDefinition{index.name, index.key_pattern, index.unique, index.options}});
      if (built.ok()) {
        ++report_.indexes;
      } else {
        Lose(name + ": index " + index.name + ": " + built.status().message());
      }
    }
    return Status::Ok();
  }

  // The number of documents that are there now.
  Result<uint64_t> CopyDocuments(const std::string& name, uint32_t id, const CollectionPtr& to) {
    std::vector<std::string> batch;
    size_t bytes = 0;
    uint64_t copied = 0;
    Status status;
    const auto write = [&] {
      if (status.ok()) status = WriteBatch(name, to, batch, &copied);
      batch.clear();
      bytes = 0;
    };
    const std::vector<kv::Gap> gaps =
        kv::ReadAround(reader_.get(), Family::kDocuments, key::PrefixRange(key::IdPrefix(id)),
                       [&](std::string_view /*key*/, std::string_view value) {
                         if (!IsPlainDocument(value) || !bson::Validate(value.substr(1)).ok()) {
                           return Lose(name + ": a document that is no BSON");
                         }
                         batch.emplace_back(value.substr(1));
                         bytes += value.size();
                         if (batch.size() >= kBatchDocuments || bytes >= kBatchBytes) write();
                       });
    write();
    CAIRN_TRY(std::move(status));
    for (const kv::Gap& gap : gaps) {
      Lose(name + ": documents between " + NameOf(gap.begin) + " and " + NameOf(gap.end) + ": " +
           gap.why.message());
    }
    report_.documents += copied;
    return copied;
  }

  Status WriteBatch(const std::string& name, const CollectionPtr& to,
                    const std::vector<std::string>& batch, uint64_t* copied) {
    if (batch.empty()) return Status::Ok();
    uint64_t written = 0;
    std::vector<std::string> refused;
    CAIRN_TRY(fresh_
                  ->Write(to,
                          [&](WriteTransaction& transaction) -> Status {
                            written = 0;
                            refused.clear();
                            for (const std::string& bytes : batch) {
                              const Status status = transaction.Insert(bson::View(bytes.data()));
                              written += status.ok() ? 1 : 0;
                              if (!status.ok()) refused.push_back(status.message());
                            }
                            return Status::Ok();
                          })
                  .status());
    *copied += written;
    for (const std::string& why : refused) Lose(name + ": a document: " + why);
    return Status::Ok();
  }

  // Documents whose collection has lost its definition, but for those of dropped collections.
  Status CopyNameless() {
    kv::ReadAround(reader_.get(), Family::kCatalog, key::DroppedRange(),
                   [this](std::string_view key, std::string_view /*value*/) {
                     if (key.size() == 5) kept_.insert(base::LoadBig<uint32_t>(key.data() + 1));
                   });
    std::set<uint32_t> nameless;
    std::string from;
    do {
      const auto scan = reader_->NewScan(Family::kDocuments, {from, {}}, {});
      if (!scan->Next() || scan->key().size() < 4) break;
      const auto id = base::LoadBig<uint32_t>(scan->key().data());
      if (!kept_.contains(id)) nameless.insert(id);
      from = key::PrefixEnd(key::IdPrefix(id));
    } while (!from.empty());
    for (const uint32_t id : nameless) {
      const std::string name = "collection_" + std::to_string(id);
      CAIRN_TRY_ASSIGN(const CollectionPtr to,
                       fresh_->FindOrCreateCollection(kRecoveredDatabase, name));
      CAIRN_TRY_ASSIGN(const uint64_t copied, CopyDocuments(name, id, to));
      ++report_.collections;
      Lose("the name, options and indexes of a collection of " + std::to_string(copied) +
           " documents, now " + kRecoveredDatabase + "." + name);
    }
    return Status::Ok();
  }

  const kv::OpenOptions options_;
  const std::string fresh_path_;
  std::unique_ptr<DocumentStore> fresh_;
  std::unique_ptr<kv::Reader> reader_;
  std::vector<catalog::Collection> collections_;
  std::set<uint32_t> kept_;
  RepairReport report_;
};

Status Failed(const std::string& what, const std::error_code& error) {
  return Status(ErrorCode::kOperationFailed, what + ": " + error.message());
}

// The repaired store takes the damaged one's place.
Status Replace(const fs::path& path, const fs::path& fresh, const fs::path& aside) {
  std::error_code error;
  fs::rename(path, aside, error);
  if (error) return Failed("cannot move the damaged store aside", error);
  fs::rename(fresh, path, error);
  if (!error) return Status::Ok();
  std::error_code back;
  fs::rename(aside, path, back);
  return Failed("cannot move the repaired store into place", error);
}

}  // namespace

Result<RepairReport> RepairStore(const kv::OpenOptions& options) {
  std::string path = options.path;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const std::string fresh = path + ".repaired";
  const std::string work = path + ".work";
  std::string aside = path + ".damaged";
  for (int i = 2; fs::exists(aside); ++i) aside = path + ".damaged" + std::to_string(i);
  for (const std::string& one : {fresh, work}) {
    if (fs::exists(one)) {
      return Status(ErrorCode::kOperationFailed, one + " is in the way: remove it");
    }
  }
  kv::OpenOptions source = options;
  source.path = path;
  kv::FileReport files;
  Result<kv::FileReport> looked = kv::VerifyFiles(source);
  if (looked.ok()) {
    files = std::move(looked).value();
  } else if (looked.status().code() == ErrorCode::kDataCorruptionDetected) {
    files.damages.push_back(looked.status().message());
  } else {
    return std::move(looked).status();
  }
  Repair repair(source, fresh);
  Status done;
  {
    std::vector<std::string> notes;
    Result<std::unique_ptr<kv::Store>> damaged = kv::OpenForSalvage(source, work, &notes);
    for (std::string& note : notes) repair.Lose(std::move(note));
    for (const std::string& damage : files.damages) repair.Lose(damage);
    done = damaged.ok() ? repair.Run(damaged->get()) : damaged.status();
    if (damaged.ok() && (*damaged)->visible() < files.mark) {
      repair.Lose("commits " + std::to_string((*damaged)->visible() + 1) + " to " +
                  std::to_string(files.mark));
    }
    repair.Close();
  }
  RepairReport report = std::move(repair.report());
  std::error_code ignored;
  fs::remove_all(work, ignored);
  if (done.ok()) done = Replace(path, fresh, aside);
  if (!done.ok()) {
    fs::remove_all(fresh, ignored);
    return done;
  }
  report.damaged_directory = aside;
  return report;
}

}  // namespace cairn::store
