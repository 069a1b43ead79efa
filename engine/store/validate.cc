// SPDX-License-Identifier: Apache-2.0
// Compares documents with index entries. Each key of each document must have its entry; when an
// index then has as many entries as there are keys, it has no others. Where it has more, each entry
// is looked up.
#include <shared_mutex>
#include <utility>

#include "cairn/json.h"
#include "engine/base/deadline.h"
#include "engine/base/try.h"
#include "engine/index/entry.h"
#include "engine/key/encoding.h"
#include "engine/kv/commit_record.h"
#include "engine/store/store_impl.h"

namespace cairn::store {
namespace {

using index::GeneratedKey;
using key::Family;

constexpr size_t kErrorsMax = 100;

// " (key 00ff)"
std::string WithKey(std::string_view key) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text = " (key ";
  for (const char c : key) {
    text += kHex[static_cast<uint8_t>(c) >> 4];
    text += kHex[static_cast<uint8_t>(c) & 15];
  }
  return text + ")";
}

class Validation {
 public:
  Validation(StoreImpl* store, kv::Reader* reader, const catalog::Collection& collection)
      : store_(store),
        reader_(reader),
        view_(collection, store->filter_compiler()),
        keys_(view_.indexes.size()) {}

  Result<ValidateOutcome> Run() {
    CAIRN_TRY(CheckDocuments());
    CAIRN_TRY(CheckCounts());
    for (size_t i = 0; i < view_.indexes.size(); ++i) CAIRN_TRY(CheckIndex(i));
    if (view_.collection.FindIndex(catalog::kIdIndexName) == nullptr) {
      outcome_.index_keys.emplace(outcome_.index_keys.begin(), catalog::kIdIndexName,
                                  outcome_.documents);
    }
    return std::move(outcome_);
  }

 private:
  void Report(std::string error) {
    outcome_.valid = false;
    if (outcome_.errors.size() < kErrorsMax) {
      outcome_.errors.push_back(std::move(error));
    } else {
      outcome_.errors.back() = "there are more errors than these";
    }
  }

  // " ({"_id":5})", or the key of a document without an _id.
  std::string WithId(bson::View document) const {
    const bson::Value id = document.Find("_id");
    if (id.missing()) return WithKey(document_key_);
    bson::Builder named;
    named.Append("_id", id);
    return " (" + json::ToJson(named.Finish()) + ")";
  }

  Status CheckDocuments() {
    const key::Range range = key::PrefixRange(key::IdPrefix(view_.collection.id));
    const std::unique_ptr<kv::Scan> scan =
        reader_->NewScan(Family::kDocuments, range, {.fill_cache = false});
    while (scan->Next()) {
      ++outcome_.documents;
      bytes_ += static_cast<int64_t>(scan->value().size()) - 1;
      document_key_ = scan->key();
      CAIRN_TRY(base::Deadline::CheckRunning());
      CAIRN_TRY(CheckDocument(key::SuffixOfDocumentKey(scan->key()), scan->value()));
    }
    return scan->status();
  }

  Status CheckDocument(std::string_view suffix, std::string_view value) {
    const std::string which = "document " + std::to_string(outcome_.documents);
    if (!IsPlainDocument(value)) {
      Report(which + ": " + DamagedDocument(value).message() + WithKey(document_key_));
      return Status::Ok();
    }
    if (const Status valid = bson::Validate(value.substr(1)); !valid.ok()) {
      Report(which + ": " + valid.message() + WithKey(document_key_));
      return Status::Ok();
    }
    const bson::View document(value.data() + 1);
    const bson::Value id = document.Find("_id");
    if (id.missing()) {
      Report(which + " has no _id" + WithKey(document_key_));
    } else if (view_.collection.layout == catalog::Layout::kById && key::EncodeId(id) != suffix) {
      Report(which + " is stored under the key of another _id" + WithKey(document_key_));
    }
    for (size_t i = 0; i < view_.indexes.size(); ++i) {
      CAIRN_TRY(CheckEntries(i, document, suffix, which));
    }
    return Status::Ok();
  }

  // Every key of the document has its entry.
  Status CheckEntries(size_t i, bson::View document, std::string_view suffix,
                      const std::string& which) {
    const WriterIndex& index = view_.indexes[i];
    const std::string name = "index " + index.spec->name;
    if (const Status status = index.generator.Generate(document, &generated_); !status.ok()) {
      Report(name + ": " + which + " has no keys: " + status.message() + WithId(document));
      return Status::Ok();
    }
    if (!index.known.Cover(generated_)) {
      Report(name + ": its multikey flags leave out " + which + WithId(document));
    }
    for (const GeneratedKey& key : generated_.keys()) {
      ++keys_[i];
      index::EncodeEntryKey(index.spec->id, catalog::HasUniqueEntries(*index.spec), key, suffix,
                            &entry_key_);
      index::EncodeEntryValue(catalog::HasUniqueEntries(*index.spec), key, suffix, &entry_value_);
      CAIRN_TRY_ASSIGN(const bool found, reader_->Get(Family::kIndexes, entry_key_, &read_));
      if (!found) {
        Report(name + ": no entry for " + which + WithId(document));
      } else if (read_.view() != entry_value_) {
        Report(name + ": a wrong entry for " + which + WithId(document));
      }
    }
    return Status::Ok();
  }

  Status CheckCounts() {
    const std::string key = key::CountsKey(view_.collection.id);
    CAIRN_TRY_ASSIGN(const bool found, reader_->Get(Family::kCatalog, key, &read_));
    std::optional<kv::CountsRecord> kept = kv::CountsRecord{};
    if (found) kept = kv::DecodeCounts(read_.view());
    if (!kept) {
      Report("the kept count is damaged");
      return Status::Ok();
    }
    outcome_.counted_documents = kept->counts.documents;
    if (outcome_.counted_documents != outcome_.documents) {
      Report("the kept count is " + std::to_string(outcome_.counted_documents) +
             ", but there are " + std::to_string(outcome_.documents) + " documents");
    }
    if (kept->counts.bytes != bytes_) {
      Report("the kept size is " + std::to_string(kept->counts.bytes) +
             ", but the documents have " + std::to_string(bytes_) + " bytes");
    }
    return Status::Ok();
  }

  Status CheckIndex(size_t i) {
    const catalog::IndexSpec& spec = *view_.indexes[i].spec;
    int64_t entries = 0;
    const std::unique_ptr<kv::Scan> scan = reader_->NewScan(
        Family::kIndexes, key::PrefixRange(key::IdPrefix(spec.id)), {.fill_cache = false});
    // Only entries without a document in their keys are unique by themselves.
    const bool compare = spec.unique && !catalog::HasUniqueEntries(spec);
    std::string before;
    while (scan->Next()) {
      ++entries;
      if (compare) CheckDiffers(i, *scan, &before);
    }
    CAIRN_TRY(scan->status());
    outcome_.index_keys.emplace_back(spec.name, entries);
    if (entries == keys_[i]) return Status::Ok();
    Report("index " + spec.name + " has " + std::to_string(entries) + " entries, but there are " +
           std::to_string(keys_[i]) + " keys");
    return FindStray(i);
  }

  // `before`: the fields of the entry before.
  void CheckDiffers(size_t i, const kv::Scan& scan, std::string* before) {
    const WriterIndex& index = view_.indexes[i];
    index::Entry entry;
    if (!index::DecodeEntry(scan.key(), scan.value(), false, index.generator.fields(),
                            index.generator.descending(), &entry)
             .ok()) {
      return;  // FindStray says so.
    }
    if (entry.fields == *before) {
      Report("index " + index.spec->name + ": two documents have the same unique key" +
             WithKey(scan.key()));
    }
    *before = entry.fields;
  }

  // Every entry belongs to a document.
  Status FindStray(size_t i) {
    const WriterIndex& index = view_.indexes[i];
    const std::string name = "index " + index.spec->name;
    const std::unique_ptr<kv::Scan> scan = reader_->NewScan(
        Family::kIndexes, key::PrefixRange(key::IdPrefix(index.spec->id)), {.fill_cache = false});
    for (int64_t at = 1; outcome_.errors.size() < kErrorsMax && scan->Next(); ++at) {
      const std::string which = name + ": entry " + std::to_string(at);
      index::Entry entry;
      const Status decoded =
          index::DecodeEntry(scan->key(), scan->value(), catalog::HasUniqueEntries(*index.spec),
                             index.generator.fields(), index.generator.descending(), &entry);
      if (!decoded.ok()) {
        Report(which + ": " + decoded.message() + WithKey(scan->key()));
        continue;
      }
      bson::View document;
      const Result<bool> found =
          store_->Read(*reader_, view_.collection, entry.suffix, &read_, &document);
      if (!found.ok()) continue;  // The document itself has been reported.
      if (!*found) {
        Report(which + " has no document" + WithKey(scan->key()));
      } else if (!index.generator.Generate(document, &generated_).ok() ||
                 index::FindKey(generated_, entry.fields) == nullptr) {
        Report(which + " is no key of its document" + WithKey(scan->key()));
      }
    }
    return scan->status();
  }

  StoreImpl* const store_;
  kv::Reader* const reader_;
  const WriterView view_;
  std::vector<int64_t> keys_;  // One an index: keys that the documents have.
  int64_t bytes_ = 0;
  ValidateOutcome outcome_;
  index::KeySet generated_;
  std::string_view document_key_;  // of the document at hand
  std::string entry_key_;
  std::string entry_value_;
  kv::PinnedValue read_;
};

}  // namespace

Result<ValidateOutcome> StoreImpl::Validate(const catalog::Collection& collection) {
  const CollectionPtr current = catalog_.FindById(collection.id);
  const CollectionSnapshot snapshot =
      current == nullptr ? CollectionSnapshot{} : NewSnapshotOf(current);
  if (snapshot.collection == nullptr) {
    return Status(ErrorCode::kNamespaceNotFound,
                  "collection " + collection.Namespace() + " has been dropped");
  }
  return Validation(this, snapshot.reader.get(), *snapshot.collection).Run();
}

}  // namespace cairn::store
