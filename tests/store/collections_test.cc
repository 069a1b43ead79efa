// SPDX-License-Identifier: Apache-2.0
// Collections and databases coming and going, before and after a restart; reclaiming.
#include <chrono>
#include <set>
#include <thread>

#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

class Collections : public StoreTest {
 protected:
  // Waits for the background: the id has no keys left, and no note.
  bool Reclaimed(key::Family family, uint32_t id) {
    for (int i = 0; i < 1000; ++i) {
      kv::PinnedValue value;
      const Result<bool> note =
          store_->kv().Get(key::Family::kCatalog, key::DroppedKey(id), &value);
      if (note.ok() && !*note && KeysOf(*store_, family, id) == 0) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
};
CAIRN_INSTANTIATE_STORES(Collections);

TEST_P(Collections, CreateFindList) {
  EXPECT_EQ(store_->FindCollection("db", "c"), nullptr);
  kv::CommitNumber commit = 0;
  const Result<CollectionPtr> created = store_->CreateCollection(
      "db", "c", catalog::Layout::kById, Json(R"({"validator":{"a":1}})"), &commit);
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(commit, store_->kv().visible());
  const Status again =
      store_->CreateCollection("db", "c", catalog::Layout::kById, bson::View(), nullptr).status();
  EXPECT_EQ(again.code(), ErrorCode::kNamespaceExists);
  EXPECT_EQ(again.message(), "Collection db.c already exists.");
  for (const char* bad : {"", "a$b", ".a", "system.x"}) {
    EXPECT_EQ(store_->FindOrCreateCollection("db", bad).status().code(),
              ErrorCode::kInvalidNamespace);
  }
  EXPECT_EQ(store_->FindOrCreateCollection("d.b", "c").status().code(),
            ErrorCode::kInvalidNamespace);
  ASSERT_TRUE(store_->FindOrCreateCollection("db", "b").ok());
  ASSERT_TRUE(store_->FindOrCreateCollection("da", "x").ok());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(store_->ListDatabases(), (std::vector<std::string>{"da", "db"}));
    const std::vector<CollectionPtr> list = store_->ListCollections("db");
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[0]->name, "b");
    EXPECT_EQ(list[1]->name, "c");
    EXPECT_EQ(list[1]->uuid, (*created)->uuid);
    EXPECT_EQ(list[1]->id, (*created)->id);
    EXPECT_EQ(json::ToJson(list[1]->options), R"({"validator":{"a":1}})");
    EXPECT_EQ(store_->FindCollectionById(list[0]->id), list[0]);
    EXPECT_EQ(store_->ListCollections("").size(), 3u);
    Reopen();
  }
}

TEST_P(Collections, DropRecreateReclaim) {
  CollectionPtr c = Collection();
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"a":1})").ok());
  const uint32_t index_id = store_->FindCollection("db", "c")->FindIndex("a_1")->id;
  for (int i = 0; i < 3000; ++i) {
    bson::Builder out;
    out.AppendInt32("_id", i).AppendInt32("a", i);
    ASSERT_TRUE(Insert(*store_, c, out.Finish()).ok());
  }
  const std::unique_ptr<kv::Reader> before = store_->NewSnapshot();
  const Result<DdlOutcome> dropped = store_->DropCollection("db", "c");
  ASSERT_TRUE(dropped.ok());
  EXPECT_TRUE(dropped->existed);
  EXPECT_EQ(dropped->indexes_were, 2);
  EXPECT_EQ(store_->FindCollection("db", "c"), nullptr);
  EXPECT_EQ(store_->FindCollectionById(c->id), nullptr);
  EXPECT_FALSE(store_->DropCollection("db", "c")->existed);
  EXPECT_EQ(Insert(*store_, c, Json(R"({"_id":1})")).code(), ErrorCode::kNamespaceNotFound);
  EXPECT_EQ(store_->Validate(*c).status().code(), ErrorCode::kNamespaceNotFound);
  EXPECT_EQ(store_->NewSnapshotOf(c).collection, nullptr);
  EXPECT_EQ(store_->GetCounts(*c).documents, 0);
  const CollectionPtr next = Collection();
  EXPECT_NE(next->id, c->id);
  EXPECT_NE(next->uuid, c->uuid);
  ASSERT_TRUE(Insert(*store_, next, Json(R"({"_id":1})")).ok());
  EXPECT_TRUE(Reclaimed(key::Family::kDocuments, c->id));
  EXPECT_TRUE(Reclaimed(key::Family::kIndexes, index_id));
  EXPECT_EQ(AllDocuments(*store_, next).size(), 1u);
  // A snapshot from before still sees what was.
  const std::unique_ptr<DocumentScan> scan = store_->ScanDocuments(*before, *c, {}, {});
  int documents = 0;
  while (scan->Next()) ++documents;
  EXPECT_EQ(documents, 3000);
}

TEST_P(Collections, ReclaimingGoesOnAfterARestart) {
  if (!on_disk()) GTEST_SKIP() << "a store in memory has no restart";
  CollectionPtr c = Collection();
  for (int i = 0; i < 20; ++i) {
    const Result<kv::CommitNumber> committed = store_->Write(c, [&](WriteTransaction& write) {
      Status status;
      for (int j = 0; j < 500 && status.ok(); ++j) {
        bson::Builder out;
        out.AppendInt32("_id", 500 * i + j);
        status = write.Insert(out.Finish());
      }
      return status;
    });
    ASSERT_TRUE(committed.ok());
  }
  ASSERT_TRUE(store_->DropCollection("db", "c").ok());
  Reopen();
  EXPECT_EQ(store_->FindCollection("db", "c"), nullptr);
  EXPECT_TRUE(Reclaimed(key::Family::kDocuments, c->id));
}

TEST_P(Collections, IdsAreNeverUsedAgain) {
  std::set<uint32_t> ids;
  for (int i = 0; i < 5; ++i) {
    const CollectionPtr c = Collection();
    EXPECT_TRUE(ids.insert(c->id).second);
    ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"a":1})").ok());
    EXPECT_TRUE(ids.insert(store_->FindCollection("db", "c")->indexes[0].id).second);
    ASSERT_TRUE(store_->DropCollection("db", "c").ok());
    Reopen();
  }
}

TEST_P(Collections, DropDatabase) {
  EXPECT_FALSE(store_->DropDatabase("db")->existed);
  Collection("a");
  Collection("b");
  ASSERT_TRUE(store_->FindOrCreateCollection("other", "a").ok());
  const Result<DdlOutcome> dropped = store_->DropDatabase("db");
  ASSERT_TRUE(dropped.ok());
  EXPECT_TRUE(dropped->existed);
  // The reclaimer may have gone on already.
  EXPECT_LE(dropped->commit, store_->kv().visible());
  EXPECT_EQ(store_->ListDatabases(), (std::vector<std::string>{"other"}));
  Reopen();
  EXPECT_EQ(store_->ListCollections("").size(), 1u);
  EXPECT_FALSE(store_->DropDatabase("")->existed);
}

TEST_P(Collections, ADamagedCatalogIsRefused) {
  if (!on_disk()) GTEST_SKIP() << "a store in memory has no restart";
  Collection();
  std::unique_ptr<kv::Transaction> transaction = store_->kv().Begin({});
  ASSERT_TRUE(
      transaction->Put(key::Family::kCatalog, key::CollectionKey("db", "c"), "garbage").ok());
  ASSERT_TRUE(store_->kv().Commit(std::move(transaction)).ok());
  store_.reset();
  EXPECT_EQ(DocumentStore::Open(options_).status().code(), ErrorCode::kDataCorruptionDetected);
}

}  // namespace
}  // namespace cairn::store
