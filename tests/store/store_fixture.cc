// SPDX-License-Identifier: Apache-2.0
#include "tests/store/store_fixture.h"

#include <unistd.h>

#include <filesystem>

#include "engine/base/try.h"
#include "engine/index/entry.h"

namespace cairn::store {

bson::Document Json(std::string_view text) {
  Result<bson::Document> document = json::Parse(text);
  EXPECT_TRUE(document.ok()) << text << ": " << document.status().ToString();
  return document.ok() ? *document : bson::Document();
}

std::string Details(const Status& status) {
  if (status.details().empty()) return "";
  return json::ToJson(bson::View(status.details().data()));
}

Status Insert(DocumentStore& store, const CollectionPtr& collection, bson::View document) {
  return store.Write(collection, [&](WriteTransaction& write) { return write.Insert(document); })
      .status();
}

Status Replace(DocumentStore& store, const CollectionPtr& collection, bson::View after,
               bson::View diff) {
  const std::string suffix = SuffixOf(store, collection, after.Find("_id"));
  return store
      .Write(collection,
             [&](WriteTransaction& write) -> Status {
               bson::View before;
               CAIRN_TRY_ASSIGN(const bool found, write.ReadForUpdate(suffix, &before));
               if (!found) return Status(ErrorCode::kNoSuchKey, "no such document");
               return write.Update(suffix, before, after, diff);
             })
      .status();
}

Status Delete(DocumentStore& store, const CollectionPtr& collection, bson::Value id) {
  const std::string suffix = SuffixOf(store, collection, id);
  return store
      .Write(collection,
             [&](WriteTransaction& write) -> Status {
               bson::View before;
               CAIRN_TRY_ASSIGN(const bool found, write.ReadForUpdate(suffix, &before));
               if (!found) return Status(ErrorCode::kNoSuchKey, "no such document");
               return write.Delete(suffix, before);
             })
      .status();
}

std::string ReadJson(DocumentStore& store, const CollectionPtr& collection, bson::Value id) {
  kv::PinnedValue value;
  bson::View document;
  const Result<bool> found = store.ReadById(*collection, id, &value, &document);
  EXPECT_TRUE(found.ok()) << found.status().ToString();
  return found.ok() && *found ? json::ToJson(document) : "";
}

std::vector<std::string> AllDocuments(DocumentStore& store, const CollectionPtr& collection) {
  const std::unique_ptr<kv::Reader> reader = store.NewSnapshot();
  const std::unique_ptr<DocumentScan> scan = store.ScanDocuments(*reader, *collection, {}, {});
  std::vector<std::string> documents;
  while (scan->Next()) documents.push_back(json::ToJson(scan->document()));
  EXPECT_TRUE(scan->status().ok()) << scan->status().ToString();
  return documents;
}

std::vector<std::string> IndexEntries(DocumentStore& store, const CollectionPtr& collection,
                                      std::string_view index_name) {
  std::vector<std::string> entries;
  const CollectionSnapshot snapshot = store.NewSnapshotOf(collection);
  const catalog::IndexSpec* index = snapshot.collection->FindIndex(index_name);
  if (index == nullptr || !index->ready) return {"no ready index"};
  const std::unique_ptr<IndexScan> scan = store.ScanIndex(*snapshot.reader, *index, {}, {});
  const auto direction =
      static_cast<key::Direction>(index::DescendingFields(index->key_pattern, nullptr) & 1);
  kv::PinnedValue value;
  while (scan->Next()) {
    bson::Builder out;
    key::Decoder decoder(scan->fields(), scan->type_bits());
    EXPECT_TRUE(decoder.Next(direction, "key", &out).ok());
    bson::View document;
    const Result<bool> found =
        store.Read(*snapshot.reader, *snapshot.collection, scan->suffix(), &value, &document);
    EXPECT_TRUE(found.ok() && *found);
    out.Append("_id", document.Find("_id"));
    entries.push_back(json::ToJson(out.Finish()));
  }
  EXPECT_TRUE(scan->status().ok()) << scan->status().ToString();
  return entries;
}

Result<CreateIndexesOutcome> CreateIndex(DocumentStore& store, std::string_view database,
                                         std::string_view name, std::string_view pattern,
                                         bool unique) {
  IndexDefinition definition;
  definition.key_pattern = Json(pattern);
  definition.unique = unique;
  return store.CreateIndexes(database, name, {definition});
}

void ExpectValid(DocumentStore& store, const CollectionPtr& collection) {
  const Result<ValidateOutcome> outcome = store.Validate(*collection);
  ASSERT_TRUE(outcome.ok()) << outcome.status().ToString();
  EXPECT_TRUE(outcome->valid);
  for (const std::string& error : outcome->errors) ADD_FAILURE() << error;
  EXPECT_EQ(outcome->documents, outcome->counted_documents);
}

std::string SuffixOf(DocumentStore& store, const CollectionPtr& collection, bson::Value id) {
  if (collection->layout == catalog::Layout::kById) return key::EncodeId(id);
  const catalog::IndexSpec* index = collection->FindIndex(catalog::kIdIndexName);
  std::string fields;
  key::AppendValue(id, key::Direction::kAscending, &fields);
  const std::unique_ptr<kv::Reader> reader = store.NewSnapshot();
  const std::unique_ptr<IndexScan> scan =
      store.ScanIndex(*reader, *index, key::PrefixRange(fields), {});
  return scan->Next() ? std::string(scan->suffix()) : "";
}

int64_t KeysOf(DocumentStore& store, key::Family family, uint32_t id) {
  const std::unique_ptr<kv::Reader> reader = store.NewSnapshot();
  const std::unique_ptr<kv::Scan> scan =
      reader->NewScan(family, key::PrefixRange(key::IdPrefix(id)), {});
  int64_t keys = 0;
  while (scan->Next()) ++keys;
  EXPECT_TRUE(scan->status().ok());
  return keys;
}

void StoreTest::SetUp() {
  static int counter = 0;
  options_.in_memory = !on_disk();
  options_.cache_bytes = size_t{32} << 20;
  options_.path = testing::TempDir() + "cairn_store_" + std::to_string(::getpid()) + "_" +
                  std::to_string(++counter);
  std::filesystem::remove_all(options_.path);
  Open();
}

void StoreTest::TearDown() {
  store_.reset();
  std::filesystem::remove_all(options_.path);
}

void StoreTest::Open() {
  Result<std::unique_ptr<DocumentStore>> store = DocumentStore::Open(options_);
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  store_ = std::move(store).value();
}

void StoreTest::Reopen() {
  if (!on_disk()) return;
  store_.reset();
  Open();
}

CollectionPtr StoreTest::Collection(std::string_view name) {
  Result<CollectionPtr> collection = store_->FindOrCreateCollection("db", name);
  EXPECT_TRUE(collection.ok()) << collection.status().ToString();
  return *collection;
}

}  // namespace cairn::store
