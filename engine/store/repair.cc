// SPDX-License-Identifier: Apache-2.0
#include "engine/store/repair.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
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

// A collection on its way into the new store.
struct Target {
  catalog::Collection from;
  CollectionPtr to;
  int64_t counted = 0;            // documents, as the damaged store kept count
  std::vector<std::string> gaps;  // lost, unless the logs still have what was in them
  // Documents are known by their _id in the logs.
  bool in_logs() const { return from.layout == catalog::Layout::kById; }
};

class Repair {
 public:
  Repair(const kv::OpenOptions& options, index::FilterCompiler compiler, std::string fresh)
      : options_(options), compiler_(compiler), fresh_path_(std::move(fresh)) {}

  /// `damaged`: null when nothing of it opens. `logged`: what is to be taken from the logs.
  Status Run(kv::Store* damaged, const kv::LoggedCommits& logged) {
    logged_ = logged;
    kv::OpenOptions fresh = options_;
    fresh.path = fresh_path_;
    CAIRN_TRY_ASSIGN(fresh_, DocumentStore::Open(fresh, compiler_));
    if (damaged != nullptr) reader_ = damaged->NewSnapshot();
    ReadDefinitions();
    for (auto& [key, collection] : definitions_) CAIRN_TRY(Create(std::move(collection)));
    for (auto& [id, target] : targets_) {
      CAIRN_TRY(CopyDocuments(id, &target));
      ReadCounts(&target);
    }
    if (logged_.first != 0) CAIRN_TRY(ReplayDocuments());
    for (auto& [id, target] : targets_) CAIRN_TRY(Complete(&target));
    CAIRN_TRY(CopyNameless());
    return fresh_->kv().WaitDurable(fresh_->kv().visible());
  }
  /// The reader goes before the store that it reads.
  void Close() {
    reader_.reset();
    fresh_.reset();
  }
  RepairReport& report() { return report_; }
  void Note(std::string damage) { Add(std::move(damage), &report_.damages); }
  void Lose(std::string what) { Add(std::move(what), &report_.lost); }

 private:
  static void Add(std::string what, std::vector<std::string>* to) {
    if (to->size() == kLostMax || std::find(to->begin(), to->end(), what) != to->end()) return;
    to->push_back(std::move(what));
  }

  // By their keys in the catalog.
  void ReadDefinitions() {
    const std::string all(1, key::kCollectionTag);
    std::map<std::string, std::string> lost;
    if (reader_ != nullptr) {
      const std::vector<kv::Gap> gaps = kv::ReadAround(
          reader_.get(), Family::kCatalog, {all, key::PrefixEnd(all)},
          [&](std::string_view key, std::string_view value) { Define(key, value, &lost); });
      for (const kv::Gap& gap : gaps) {
        if (logged_.first == 1) continue;
        Lose("definitions of collections from " + gap.begin.substr(1) +
             " on: " + gap.why.message());
      }
    }
    if (logged_.first != 0) {
      kv::ReadLoggedCommits(options_.path, logged_, [&](const kv::LoggedWrite& write) {
        if (write.family != Family::kCatalog || !write.key.starts_with(all)) return;
        definitions_.erase(std::string(write.key));
        lost.erase(std::string(write.key));
        if (write.put) Define(write.key, write.value, &lost);
      });
    }
    for (const auto& [key, why] : lost) {
      Lose("the definition of a collection (" + key.substr(1) + "): " + why);
    }
  }

  void Define(std::string_view key, std::string_view value,
              std::map<std::string, std::string>* lost) {
    Result<catalog::Collection> collection =
        bson::Validate(value).ok()
            ? catalog::DecodeCollection(bson::View(value.data()))
            : Result<catalog::Collection>(Status(ErrorCode::kInvalidBSON, "it is no BSON"));
    if (collection.ok()) {
      definitions_.emplace(key, std::move(collection).value());
    } else {
      lost->emplace(key, collection.status().message());
    }
  }

  Status Create(catalog::Collection collection) {
    CAIRN_TRY_ASSIGN(const CollectionPtr to,
                     fresh_->CreateCollection(collection.database, collection.name,
                                              collection.layout, collection.options, nullptr));
    if (!collection.is_view) ++report_.collections;
    const uint32_t id = collection.id;
    targets_.emplace(id, Target{std::move(collection), to, 0, {}});
    return Status::Ok();
  }

  void ReadCounts(Target* target) {
    if (reader_ == nullptr) return;
    kv::PinnedValue value;
    const Result<bool> found =
        reader_->Get(Family::kCatalog, key::CountsKey(target->from.id), &value);
    if (found.ok() && *found) SetCounts(value.view(), target);
  }
  static void SetCounts(std::string_view bytes, Target* target) {
    const std::optional<kv::CountsRecord> counts = kv::DecodeCounts(bytes);
    if (counts) target->counted = counts->counts.documents;
  }

  Status CopyDocuments(uint32_t id, Target* target) {
    if (reader_ == nullptr) return Status::Ok();
    const std::string name = "collection " + target->to->Namespace();
    std::vector<std::string> batch;
    size_t bytes = 0;
    Status status;
    const auto write = [&] {
      if (status.ok()) status = WriteBatch(name, target->to, batch);
      batch.clear();
      bytes = 0;
    };
    const std::vector<kv::Gap> gaps =
        kv::ReadAround(reader_.get(), Family::kDocuments, key::PrefixRange(key::IdPrefix(id)),
                       [&](std::string_view /*key*/, std::string_view value) {
                         if (!IsPlainDocument(value) || !bson::Validate(value.substr(1)).ok()) {
                           return Add(name + ": a document that is no BSON", &target->gaps);
                         }
                         batch.emplace_back(value.substr(1));
                         bytes += value.size();
                         if (batch.size() >= kBatchDocuments || bytes >= kBatchBytes) write();
                       });
    write();
    CAIRN_TRY(std::move(status));
    for (const kv::Gap& gap : gaps) {
      Add(name + ": documents between " + NameOf(gap.begin) + " and " + NameOf(gap.end) + ": " +
              gap.why.message(),
          &target->gaps);
    }
    return Status::Ok();
  }

  Status WriteBatch(const std::string& name, const CollectionPtr& to,
                    const std::vector<std::string>& batch) {
    if (batch.empty()) return Status::Ok();
    std::vector<std::string> refused;
    const auto body = [&](WriteTransaction& transaction) -> Status {
      refused.clear();
      for (const std::string& bytes : batch) {
        const Status status = transaction.Insert(bson::View(bytes.data()));
        if (!status.ok()) refused.push_back(status.message());
      }
      return Status::Ok();
    };
    CAIRN_TRY(fresh_->Write(to, body).status());
    for (const std::string& why : refused) Lose(name + ": a document: " + why);
    return Status::Ok();
  }

  // The newest state of each document that the logs know.
  Status ReplayDocuments() {
    std::vector<std::pair<std::string, std::string>> batch;  // suffix, and BSON; empty: deleted
    Target* target = nullptr;
    size_t bytes = 0;
    Status status;
    const auto write = [&] {
      if (status.ok() && !batch.empty()) status = ReplayBatch(target->to, batch);
      batch.clear();
      bytes = 0;
    };
    kv::ReadLoggedCommits(options_.path, logged_, [&](const kv::LoggedWrite& logged) {
      if (logged.key.size() < 5 || !status.ok()) return;
      if (logged.family == Family::kCatalog) {
        if (!logged.put || logged.key[0] != key::kCountsTag || logged.key.size() != 5) return;
        const auto found = targets_.find(base::LoadBig<uint32_t>(logged.key.data() + 1));
        if (found != targets_.end()) SetCounts(logged.value, &found->second);
        return;
      }
      if (logged.family != Family::kDocuments) return;
      const auto found = targets_.find(base::LoadBig<uint32_t>(logged.key.data()));
      if (found == targets_.end() || !found->second.in_logs()) return;
      if (logged.put && !IsPlainDocument(logged.value)) return;
      if (target != &found->second || batch.size() >= kBatchDocuments || bytes >= kBatchBytes) {
        write();
      }
      target = &found->second;
      batch.emplace_back(key::SuffixOfDocumentKey(logged.key),
                         logged.put ? logged.value.substr(1) : std::string_view());
      bytes += logged.value.size();
    });
    write();
    return status;
  }

  Status ReplayBatch(const CollectionPtr& to,
                     const std::vector<std::pair<std::string, std::string>>& batch) {
    const auto body = [&](WriteTransaction& transaction) -> Status {
      for (const auto& [suffix, after] : batch) {
        bson::View before;
        CAIRN_TRY_ASSIGN(const bool found, transaction.ReadForUpdate(suffix, &before));
        if (after.empty()) {
          if (found) CAIRN_TRY(transaction.Delete(suffix, before));
        } else if (!found) {
          Status inserted = transaction.Insert(bson::View(after.data()));
          // With a newer document, from a table; this one has been deleted since.
          if (inserted.code() != ErrorCode::kDuplicateKey) CAIRN_TRY(std::move(inserted));
        } else if (before.bytes() != after) {
          CAIRN_TRY(transaction.Update(suffix, before, bson::View(after.data()), {}));
        }
      }
      return Status::Ok();
    };
    return fresh_->Write(to, body).status();
  }

  // What is missing, and the indexes.
  Status Complete(Target* target) {
    const catalog::Collection& from = target->from;
    const std::string name = "collection " + from.Namespace();
    const int64_t saved = fresh_->GetCounts(*target->to).documents;
    report_.documents += static_cast<uint64_t>(saved);
    const bool all_logged = logged_.first == 1 && target->in_logs();
    if (!all_logged && (target->counted == 0 || saved < target->counted)) {
      for (std::string& gap : target->gaps) Lose(std::move(gap));
    }
    if (saved < target->counted) {
      Lose(name + ": " + std::to_string(target->counted - saved) + " of " +
           std::to_string(target->counted) + " documents");
    }
    for (const catalog::IndexSpec& index : from.indexes) {
      if (index.name == catalog::kIdIndexName) continue;
      // Else it would get the collection's collation.
      bson::Builder options;
      options.AppendAll(index.options);
      if (index.options["collation"].missing()) {
        options.OpenDocument("collation").AppendString("locale", "simple").Close();
      }
      const Result<CreateIndexesOutcome> built = fresh_->CreateIndexes(
          from.database, from.name,
          {IndexDefinition{index.name, index.key_pattern, index.unique, options.Finish()}});
      if (built.ok()) {
        ++report_.indexes;
      } else {
        Lose(name + ": index " + index.name + ": " + built.status().message());
      }
    }
    return Status::Ok();
  }

  // Documents whose collection has lost its definition, but for those of dropped collections.
  Status CopyNameless() {
    if (reader_ == nullptr || logged_.first == 1) return Status::Ok();
    std::set<uint32_t> known;
    for (const auto& [id, target] : targets_) known.insert(id);
    kv::ReadAround(reader_.get(), Family::kCatalog, key::DroppedRange(),
                   [&known](std::string_view key, std::string_view /*value*/) {
                     if (key.size() == 5) known.insert(base::LoadBig<uint32_t>(key.data() + 1));
                   });
    std::string from;
    do {
      const auto scan = reader_->NewScan(Family::kDocuments, {from, {}}, {});
      if (!scan->Next() || scan->key().size() < 4) break;
      const auto id = base::LoadBig<uint32_t>(scan->key().data());
      if (!known.contains(id)) CAIRN_TRY(CopyNamelessOne(id));
      from = key::PrefixEnd(key::IdPrefix(id));
    } while (!from.empty());
    return Status::Ok();
  }

  Status CopyNamelessOne(uint32_t id) {
    const std::string name = "collection_" + std::to_string(id);
    Target target;
    CAIRN_TRY_ASSIGN(target.to, fresh_->FindOrCreateCollection(kRecoveredDatabase, name));
    CAIRN_TRY(CopyDocuments(id, &target));
    for (std::string& gap : target.gaps) Lose(std::move(gap));
    const int64_t saved = fresh_->GetCounts(*target.to).documents;
    ++report_.collections;
    report_.documents += static_cast<uint64_t>(saved);
    Lose("the name, options and indexes of a collection of " + std::to_string(saved) +
         " documents, now " + kRecoveredDatabase + "." + name);
    return Status::Ok();
  }

  const kv::OpenOptions options_;
  const index::FilterCompiler compiler_;
  const std::string fresh_path_;
  kv::LoggedCommits logged_;
  std::unique_ptr<DocumentStore> fresh_;
  std::unique_ptr<kv::Reader> reader_;  // null: nothing but the logs can be read
  std::map<std::string, catalog::Collection> definitions_;
  std::map<uint32_t, Target> targets_;
  RepairReport report_;
};

Status Failed(const std::string& what, const std::error_code& error) {
  return Status(ErrorCode::kOperationFailed, what + ": " + error.message());
}

bool Exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
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

// What nobody can count where tables cannot be used.
std::string WhatTablesHeld(const kv::LoggedCommits& logged) {
  const std::string begin = logged.first == 0 ? "and the logs do not tell of"
                                              : "before commit " + std::to_string(logged.first) +
                                                    ", where the logs begin";
  return "perhaps what was written " + begin +
         ", and stood in tables that are damaged or missing; what was changed or deleted then may "
         "be "
         "there as it was before";
}

// The directory itself, when `path` leads to it by a link. It has to be one that can be moved.
Result<std::string> PlaceOf(const std::string& path) {
  std::error_code error;
  const fs::path place = fs::canonical(path, error);
  if (error == std::errc::no_such_file_or_directory) {
    return Status(ErrorCode::kNamespaceNotFound, "there is no such directory");
  }
  if (error) return Failed("cannot look at " + path, error);
  struct stat own {};
  struct stat above {};
  if (stat(place.c_str(), &own) == 0 && stat(place.parent_path().c_str(), &above) == 0 &&
      own.st_dev != above.st_dev) {
    return Status(ErrorCode::kOperationFailed,
                  place.string() +
                      " is where a file system is mounted, and so cannot be moved aside: move what "
                      "is in it into a directory in it, and repair that one");
  }
  return place.string();
}

}  // namespace

Result<RepairReport> RepairStore(const kv::OpenOptions& options, index::FilterCompiler compiler) {
  CAIRN_TRY_ASSIGN(const std::string path, PlaceOf(options.path));
  const std::string fresh = path + ".repaired";
  const std::string work = path + ".work";
  std::string aside = path + ".damaged";
  for (int i = 2; Exists(aside); ++i) aside = path + ".damaged" + std::to_string(i);
  for (const std::string& one : {fresh, work}) {
    if (Exists(one)) {
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
  Repair repair(source, compiler, fresh);
  Status done;
  {
    std::vector<std::string> notes;
    Result<std::unique_ptr<kv::Store>> damaged = kv::OpenForSalvage(source, work, &notes);
    const kv::CommitNumber visible = damaged.ok() ? (*damaged)->visible() : 0;
    // Where a table cannot be used, the others may not know of the newest commit.
    const kv::CommitNumber newest = notes.empty() ? visible : std::max(visible, files.mark);
    kv::LoggedCommits logged;
    if (!files.damages.empty() || !notes.empty()) logged = kv::FindLoggedCommits(path);
    // Logs that end before the tables do would bring back what is older.
    if (logged.last < newest) logged = {};
    if (!notes.empty() && logged.first != 1) repair.Lose(WhatTablesHeld(logged));
    for (std::string& note : notes) repair.Note(std::move(note));
    for (std::string& damage : files.damages) {
      // The notes say why.
      if (!damage.starts_with("the store: ")) repair.Note(std::move(damage));
    }
    const bool any = damaged.ok() || logged.first == 1;
    done = any ? repair.Run(damaged.ok() ? damaged->get() : nullptr, logged) : damaged.status();
    const kv::CommitNumber end = std::max(logged.last, visible);
    if (end < files.mark) {
      repair.Lose("commits " + std::to_string(end + 1) + " to " + std::to_string(files.mark));
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
