// SPDX-License-Identifier: Apache-2.0
// Capped collections, renames and changes of options, before and after a restart.
#include "engine/store/change_index.h"
#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

class AlterCollection : public StoreTest {
 protected:
  CollectionPtr Capped(const std::string& options) {
    Result<CollectionPtr> created =
        store_->CreateCollection("db", "log", catalog::Layout::kByRecord, Json(options), nullptr);
    EXPECT_TRUE(created.ok()) << created.status().ToString();
    return *created;
  }
  CollectionPtr Find(const char* name) { return store_->FindCollection("db", name); }
  void InsertIds(const CollectionPtr& collection, int first, int last) {
    for (int i = first; i <= last; ++i) {
      ASSERT_TRUE(Insert(*store_, collection, Json("{\"_id\":" + std::to_string(i) + "}")).ok());
    }
  }
};
CAIRN_INSTANTIATE_STORES(AlterCollection);

bson::Value IdOf(const bson::Document& document) { return document["_id"]; }

TEST_P(AlterCollection, CappedByDocuments) {
  CollectionPtr c = Capped(R"({"capped":true,"size":100000,"max":3})");
  ASSERT_TRUE(CreateIndex(*store_, "db", "log", R"({"a":1})").ok());
  InsertIds(c, 1, 3);
  EXPECT_EQ(AllDocuments(*store_, c).size(), 3u);
  InsertIds(c, 4, 5);
  Reopen();
  c = Find("log");
  EXPECT_EQ(AllDocuments(*store_, c),
            (std::vector<std::string>{R"({"_id":3})", R"({"_id":4})", R"({"_id":5})"}));
  InsertIds(c, 6, 6);
  EXPECT_EQ(AllDocuments(*store_, c),
            (std::vector<std::string>{R"({"_id":4})", R"({"_id":5})", R"({"_id":6})"}));
  EXPECT_EQ(IndexEntries(*store_, c, "a_1").size(), 3u);
  EXPECT_EQ(store_->GetCounts(*c).documents, 3);
  ExpectValid(*store_, c);
}

TEST_P(AlterCollection, CappedByBytesInOneCommit) {
  const CollectionPtr c = Capped(R"({"capped":true,"size":100})");
  const auto committed = store_->Write(c, [](WriteTransaction& transaction) {
    for (int i = 0; i < 20; ++i) {  // 14 bytes each
      const Status status = transaction.Insert(Json("{\"_id\":" + std::to_string(i) + "}"));
      if (!status.ok()) return status;
    }
    return Status::Ok();
  });
  ASSERT_TRUE(committed.ok());
  EXPECT_EQ(AllDocuments(*store_, c).size(), 7u);
  EXPECT_EQ(AllDocuments(*store_, c).front(), R"({"_id":13})");
  EXPECT_EQ(store_->GetCounts(*c).bytes, 98);
  const Status large =
      Insert(*store_, c, Json("{\"_id\":1,\"a\":\"" + std::string(100, 'x') + "\"}"));
  EXPECT_EQ(large.code(), ErrorCode::kBadValue);
  EXPECT_EQ(large.message(), "object to insert exceeds cappedMaxSize");
  ExpectValid(*store_, c);
}

// A resume position of a reader must not meet other documents after a restart.
TEST_P(AlterCollection, RecordNumbersAreNotGivenTwice) {
  CollectionPtr c = Capped(R"({"capped":true,"size":100000})");
  InsertIds(c, 1, 3);
  const bson::Document three = Json(R"({"_id":3})");
  const std::string last = SuffixOf(*store_, c, IdOf(three));
  ASSERT_TRUE(Delete(*store_, c, IdOf(three)).ok());
  for (int i = 0; i < 2; ++i) {
    Reopen();
    c = Find("log");
    InsertIds(c, 10 + i, 10 + i);
    const bson::Document added = Json("{\"_id\":" + std::to_string(10 + i) + "}");
    EXPECT_GT(SuffixOf(*store_, c, IdOf(added)), last);
  }
  ExpectValid(*store_, c);
}

TEST_P(AlterCollection, DropLeavesNoMark) {
  const CollectionPtr c = Capped(R"({"capped":true,"size":100000})");
  InsertIds(c, 1, 1);
  kv::PinnedValue value;
  const std::string mark = key::RecordMarkKey(c->id);
  EXPECT_TRUE(store_->kv().Get(key::Family::kCatalog, mark, &value).value());
  ASSERT_TRUE(store_->DropCollection("db", "log").ok());
  EXPECT_FALSE(store_->kv().Get(key::Family::kCatalog, mark, &value).value());
}

TEST_P(AlterCollection, ModifyChangesOptions) {
  CollectionPtr c = Capped(R"({"capped":true,"size":100000})");
  InsertIds(c, 1, 5);
  const auto shrink = [](catalog::Collection* changed) {
    changed->SetOptions(Json(R"({"capped":true,"size":100000,"max":2,"validator":{"a":1}})"));
    return Status::Ok();
  };
  ASSERT_TRUE(store_->ModifyCollection(c, shrink).ok());
  const auto refuse = [](catalog::Collection* changed) {
    changed->SetOptions(bson::Document());
    return Status(ErrorCode::kInvalidOptions, "no");
  };
  EXPECT_EQ(store_->ModifyCollection(c, refuse).status().code(), ErrorCode::kInvalidOptions);
  Reopen();
  c = Find("log");
  EXPECT_TRUE(c->has_validator);
  EXPECT_EQ(c->capped->documents, 2);
  InsertIds(c, 6, 6);
  EXPECT_EQ(AllDocuments(*store_, c), (std::vector<std::string>{R"({"_id":5})", R"({"_id":6})"}));
  ASSERT_TRUE(store_->DropCollection("db", "log").ok());
  EXPECT_EQ(store_->ModifyCollection(c, shrink).status().code(), ErrorCode::kNamespaceNotFound);
}

TEST_P(AlterCollection, Rename) {
  CollectionPtr a = Collection("a");
  InsertIds(a, 1, 2);
  const CollectionPtr b = Collection("b");
  InsertIds(b, 7, 7);
  const auto rename = [this](const char* from, Rename to) {
    return store_->RenameCollection("db", from, to).status().code();
  };
  EXPECT_EQ(rename("x", {"db", "y"}), ErrorCode::kNamespaceNotFound);
  EXPECT_EQ(rename("a", {"db", "a"}), ErrorCode::kIllegalOperation);
  EXPECT_EQ(rename("a", {"db", "b"}), ErrorCode::kNamespaceExists);
  EXPECT_EQ(rename("a", {"db", "system.x"}), ErrorCode::kInvalidNamespace);
  EXPECT_EQ(rename("a", {"db", "b", true, a->uuid}), ErrorCode::kCollectionUUIDMismatch);
  EXPECT_EQ(rename("a", {"db", "z", true, a->uuid}), ErrorCode::kCollectionUUIDMismatch);
  EXPECT_EQ(rename("a", {"db", "b", true, b->uuid}), ErrorCode::kOk);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Find("a"), nullptr);
    a = Find("b");
    ASSERT_NE(a, nullptr);
    EXPECT_EQ(a->uuid, Find("b")->uuid);
    EXPECT_EQ(AllDocuments(*store_, a), (std::vector<std::string>{R"({"_id":1})", R"({"_id":2})"}));
    ExpectValid(*store_, a);
    Reopen();
  }
  EXPECT_EQ(Insert(*store_, b, Json(R"({"_id":9})")).code(), ErrorCode::kNamespaceNotFound);
  EXPECT_EQ(rename("b", {"other", "c"}), ErrorCode::kOk);
  const CollectionPtr moved = store_->FindCollection("other", "c");
  ASSERT_NE(moved, nullptr);
  EXPECT_NE(moved->uuid, a->uuid);
  EXPECT_EQ(store_->ListDatabases(), (std::vector<std::string>{"other"}));
  InsertIds(moved, 3, 3);
  EXPECT_EQ(AllDocuments(*store_, moved).size(), 3u);
}

TEST_P(AlterCollection, TemporaryIsDroppedAtOpening) {
  Result<CollectionPtr> created = store_->CreateCollection("db", "t", catalog::Layout::kById,
                                                           Json(R"({"temp":true})"), nullptr);
  ASSERT_TRUE(created.ok());
  Reopen();
  EXPECT_EQ(Find("t") == nullptr, on_disk());
}

IndexSelection Named(const std::string& name) {
  IndexSelection selection;
  selection.names.push_back(name);
  return selection;
}

Result<IndexChangeOutcome> Change(DocumentStore* store, const IndexChange& change) {
  Result<IndexChangeOutcome> outcome = IndexChangeOutcome{};
  const Result<kv::CommitNumber> commit = store->ModifyCollection(
      store->FindCollection("db", "c"), [&](catalog::Collection* collection) {
        outcome = ChangeIndex(Named("a_1"), change, collection);
        return outcome.ok() ? Status::Ok() : outcome.status();
      });
  EXPECT_TRUE(commit.ok()) << commit.status().ToString();
  return outcome;
}

TEST_P(AlterCollection, AnIndexBecomesUnique) {
  const auto add = [&](const char* document) {
    return Insert(*store_, Collection(), Json(document)).code();
  };
  ASSERT_EQ(add(R"({"_id":1,"a":1})"), ErrorCode::kOk);
  ASSERT_EQ(add(R"({"_id":2,"a":1})"), ErrorCode::kOk);
  ASSERT_EQ(add(R"({"_id":3,"a":[2,3]})"), ErrorCode::kOk);
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"a":1})").ok());
  EXPECT_FALSE(Change(store_.get(), {{}, {}, true, false})->was_prepared);
  const auto duplicates = [&] {
    const CollectionPtr c = Collection();
    const auto found = FindDuplicates(store_.get(), *c, *c->FindIndex("a_1"));
    return json::ToJson(*found);
  };
  EXPECT_EQ(duplicates(), R"({"0":{"ids":[1,2]}})");
  // Old duplicates stay, new ones are refused: by an insert, by an update, within one commit.
  EXPECT_EQ(add(R"({"_id":4,"a":1})"), ErrorCode::kDuplicateKey);
  EXPECT_EQ(add(R"({"_id":4,"a":3})"), ErrorCode::kDuplicateKey);
  EXPECT_EQ(Replace(*store_, Collection(), Json(R"({"_id":3,"a":[1,2]})")).code(),
            ErrorCode::kDuplicateKey);
  EXPECT_TRUE(Replace(*store_, Collection(), Json(R"({"_id":2,"a":1,"b":1})")).ok());
  const auto committed = store_->Write(Collection(), [](WriteTransaction& transaction) {
    EXPECT_TRUE(transaction.Insert(Json(R"({"_id":5,"a":9})")).ok());
    return transaction.Insert(Json(R"({"_id":6,"a":9})"));
  });
  EXPECT_EQ(committed.status().code(), ErrorCode::kDuplicateKey);
  ASSERT_TRUE(Delete(*store_, Collection(), Json(R"({"_id":1})")["_id"]).ok());
  EXPECT_EQ(duplicates(), "{}");
  EXPECT_TRUE(Change(store_.get(), {{}, {}, {}, true})->was_prepared);
  Reopen();
  const CollectionPtr c = Collection();
  EXPECT_TRUE(c->FindIndex("a_1")->unique);
  EXPECT_TRUE(c->FindIndex("a_1")->made_unique);
  EXPECT_TRUE(c->FindIndex("a_1")->options.empty());
  EXPECT_EQ(add(R"({"_id":7,"a":1})"), ErrorCode::kDuplicateKey);
  EXPECT_EQ(add(R"({"_id":7,"a":7})"), ErrorCode::kOk);
  EXPECT_EQ(IndexEntries(*store_, c, "a_1").size(), 4u);
  ExpectValid(*store_, c);
}

}  // namespace
}  // namespace cairn::store
