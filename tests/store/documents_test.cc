// SPDX-License-Identifier: Apache-2.0
// Documents one at a time: what is stored is read again, by id, by scan and by index, in both
// layouts, before and after a restart; errors leave nothing behind.
#include <algorithm>

#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

class Documents : public StoreTest {
 protected:
  bson::OwnedValue Id(std::string_view json_text) {
    return bson::OwnedValue(json::ParseValue(json_text)->view().begin()->value);
  }
};
CAIRN_INSTANTIATE_STORES(Documents);

TEST_P(Documents, InsertReadUpdateDelete) {
  CollectionPtr c = Collection();
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":"x","a":1})")).ok());
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":2,"a":2})")).ok());
  EXPECT_EQ(ReadJson(*store_, c, Id("\"x\"").value()), R"({"_id":"x","a":1})");
  EXPECT_EQ(ReadJson(*store_, c, Id("3").value()), "");
  ASSERT_TRUE(Replace(*store_, c, Json(R"({"_id":"x","a":[1,2,3]})")).ok());
  Reopen();
  c = Collection();
  EXPECT_EQ(AllDocuments(*store_, c),
            (std::vector<std::string>{R"({"_id":2,"a":2})", R"({"_id":"x","a":[1,2,3]})"}));
  EXPECT_EQ(store_->GetCounts(*c).documents, 2);
  ASSERT_TRUE(Delete(*store_, c, Id("2").value()).ok());
  EXPECT_EQ(Delete(*store_, c, Id("2").value()).code(), ErrorCode::kNoSuchKey);
  EXPECT_EQ(store_->GetCounts(*c).documents, 1);
  EXPECT_EQ(store_->GetCounts(*c).bytes,
            static_cast<int64_t>(Json(R"({"_id":"x","a":[1,2,3]})").size()));
  ExpectValid(*store_, c);
}

TEST_P(Documents, ScansWithinBoundsBothWays) {
  const CollectionPtr c = Collection();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Insert(*store_, c, Json("{\"_id\":" + std::to_string(i) + "}")).ok());
  }
  const std::unique_ptr<kv::Reader> reader = store_->NewSnapshot();
  const key::Range range{key::EncodeId(Id("3").value()), key::EncodeId(Id("6").value())};
  for (const bool reverse : {false, true}) {
    const std::unique_ptr<DocumentScan> scan =
        store_->ScanDocuments(*reader, *c, range, {.reverse = reverse});
    std::vector<int> ids;
    while (scan->Next()) ids.push_back(scan->document()["_id"].AsInt32());
    EXPECT_TRUE(scan->status().ok());
    if (reverse) std::reverse(ids.begin(), ids.end());
    EXPECT_EQ(ids, (std::vector<int>{3, 4, 5}));
  }
}

// Who has the highest _id so far is not looked up: that must hold whatever the order, after errors,
// deletions and a restart.
TEST_P(Documents, AnIdIsTakenOnceInAnyOrder) {
  CollectionPtr c = Collection();
  const auto insert = [&](const std::string& id) {
    return Insert(*store_, c, Json("{\"_id\":" + id + "}")).code();
  };
  for (const char* id : {"5", "7", "\"a\"", "6", "\"b\"", "1"}) {
    EXPECT_EQ(insert(id), ErrorCode::kOk) << id;
    EXPECT_EQ(insert(id), ErrorCode::kDuplicateKey) << id;
  }
  for (const char* id : {"5", "7", "\"a\""}) EXPECT_EQ(insert(id), ErrorCode::kDuplicateKey) << id;
  ASSERT_TRUE(Delete(*store_, c, Id("\"b\"").value()).ok());
  EXPECT_EQ(insert("\"b\""), ErrorCode::kOk);
  EXPECT_EQ(insert("\"b\""), ErrorCode::kDuplicateKey);
  Reopen();
  c = Collection();
  for (const char* id : {"\"b\"", "7", "1"}) EXPECT_EQ(insert(id), ErrorCode::kDuplicateKey) << id;
  EXPECT_EQ(insert("\"c\""), ErrorCode::kOk);
  EXPECT_EQ(store_->GetCounts(*c).documents, 7);
}

TEST_P(Documents, DuplicateIdIsMongosError) {
  const CollectionPtr c = Collection();
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":1})")).ok());
  for (const char* same : {R"({"_id":1})", R"({"_id":1.0})", R"({"_id":{"$numberLong":"1"}})"}) {
    const Status status = Insert(*store_, c, Json(same));
    EXPECT_EQ(status.code(), ErrorCode::kDuplicateKey);
  }
  const Status status = Insert(*store_, c, Json(R"({"_id":1})"));
  EXPECT_EQ(status.message(),
            "E11000 duplicate key error collection: db.c index: _id_ dup key: { _id: 1 }");
  EXPECT_EQ(Details(status), R"({"keyPattern":{"_id":1},"keyValue":{"_id":1}})");
  EXPECT_EQ(store_->GetCounts(*c).documents, 1);
}

TEST_P(Documents, UniqueIndex) {
  const CollectionPtr c = Collection();
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"a.b":1})", true).ok());
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":1,"a":{"b":"x"}})")).ok());
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":2,"a":{"b":[1,2]}})")).ok());
  const Status status = Insert(*store_, c, Json(R"({"_id":3,"a":{"b":"x"}})"));
  EXPECT_EQ(status.code(), ErrorCode::kDuplicateKey);
  EXPECT_EQ(status.message(),
            "E11000 duplicate key error collection: db.c index: a.b_1 dup key: { a.b: \"x\" }");
  EXPECT_EQ(Details(status), R"({"keyPattern":{"a.b":1},"keyValue":{"a.b":"x"}})");
  EXPECT_EQ(Details(Insert(*store_, c, Json(R"({"_id":3,"a":{"b":[0,2.0]}})"))),
            R"({"keyPattern":{"a.b":1},"keyValue":{"a.b":2.0}})");
  // Missing fields are null, and null is a key like others.
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":4})")).ok());
  EXPECT_EQ(Insert(*store_, c, Json(R"({"_id":5,"a":null})")).code(), ErrorCode::kDuplicateKey);
  EXPECT_EQ(Replace(*store_, c, Json(R"({"_id":4,"a":{"b":1}})")).code(), ErrorCode::kDuplicateKey);
  // A document may keep its own keys, change their types, and take freed ones.
  EXPECT_TRUE(Replace(*store_, c, Json(R"({"_id":2,"a":{"b":[2.0,3]}})")).ok());
  EXPECT_TRUE(Replace(*store_, c, Json(R"({"_id":4,"a":{"b":1}})")).ok());
  EXPECT_EQ(IndexEntries(*store_, c, "a.b_1"),
            (std::vector<std::string>{R"({"key":1,"_id":4})", R"({"key":2.0,"_id":2})",
                                      R"({"key":3,"_id":2})", R"({"key":"x","_id":1})"}));
  ExpectValid(*store_, c);
  EXPECT_EQ(store_->GetCounts(*c).documents, 3);
}

TEST_P(Documents, AFailedOperationLeavesNoTraceInItsTransaction) {
  const CollectionPtr c = Collection();
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"a":1})").ok());
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"u":1})", true).ok());
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":0,"a":0,"u":0})")).ok());
  const Result<kv::CommitNumber> committed = store_->Write(c, [&](WriteTransaction& write) {
    EXPECT_TRUE(write.Insert(Json(R"({"_id":1,"a":1,"u":1})")).ok());
    EXPECT_EQ(write.Insert(Json(R"({"_id":2,"a":2,"u":1})")).code(), ErrorCode::kDuplicateKey);
    EXPECT_EQ(write.Insert(Json(R"({"_id":3,"a":3,"u":0})")).code(), ErrorCode::kDuplicateKey);
    EXPECT_EQ(write.Insert(Json(R"({"_id":1,"a":4,"u":4})")).code(), ErrorCode::kDuplicateKey);
    const std::string suffix = key::EncodeId(Id("1").value());
    bson::View before;
    EXPECT_TRUE(write.ReadForUpdate(suffix, &before).value());
    EXPECT_EQ(write.Update(suffix, before, Json(R"({"_id":1,"a":5,"u":0})"), bson::View()).code(),
              ErrorCode::kDuplicateKey);
    return write.Insert(Json(R"({"_id":6,"a":6,"u":6})"));
  });
  ASSERT_TRUE(committed.ok());
  EXPECT_EQ(AllDocuments(*store_, c),
            (std::vector<std::string>{R"({"_id":0,"a":0,"u":0})", R"({"_id":1,"a":1,"u":1})",
                                      R"({"_id":6,"a":6,"u":6})"}));
  ExpectValid(*store_, c);
}

TEST_P(Documents, AnErrorOfTheBodyAbortsAll) {
  const CollectionPtr c = Collection();
  const kv::CommitNumber before = store_->kv().visible();
  const Status status = store_
                            ->Write(c,
                                    [&](WriteTransaction& write) {
                                      EXPECT_TRUE(write.Insert(Json(R"({"_id":1})")).ok());
                                      return Status(ErrorCode::kBadValue, "no");
                                    })
                            .status();
  EXPECT_EQ(status.code(), ErrorCode::kBadValue);
  EXPECT_EQ(store_->kv().visible(), before);
  EXPECT_EQ(AllDocuments(*store_, c).size(), 0u);
}

TEST_P(Documents, MultikeyFlagIsKept) {
  CollectionPtr c = Collection();
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"a.b":1})").ok());
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":1,"a":{"b":1}})")).ok());
  EXPECT_FALSE(store_->FindCollection("db", "c")->FindIndex("a.b_1")->multikey);
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":2,"a":[{"b":1}]})")).ok());
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":3,"a":{"b":[1]}})")).ok());
  const std::string long_text(3000, 'x');
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":4,"a":{"b":")" + long_text + "\"}}")).ok());
  ASSERT_TRUE(Delete(*store_, c, Id("2").value()).ok());
  for (int i = 0; i < 2; ++i) {
    const catalog::IndexSpec index = *store_->FindCollection("db", "c")->FindIndex("a.b_1");
    EXPECT_TRUE(index.multikey);
    EXPECT_EQ(index.multikey_paths, (std::vector<std::string>{"a", "a.b"}));
    EXPECT_TRUE(index.has_truncated_keys);
    Reopen();
  }
  ExpectValid(*store_, Collection());
}

TEST_P(Documents, LongIdsAndKeys) {
  CollectionPtr c = Collection();
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"a":1})").ok());
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"u":1})", true).ok());
  const std::string long_text(5000, 'k');
  for (const char* end : {"1", "2"}) {
    const std::string text = "\"" + long_text + end + "\"";
    ASSERT_TRUE(
        Insert(*store_, c, Json(R"({"_id":)" + text + R"(,"a":)" + text + R"(,"u":)" + text + "}"))
            .ok());
  }
  const std::string first = "\"" + long_text + "1\"";
  EXPECT_EQ(Insert(*store_, c, Json("{\"_id\":" + first + ",\"u\":0}")).code(),
            ErrorCode::kDuplicateKey);
  const Status status = Insert(*store_, c, Json("{\"_id\":0,\"u\":" + first + "}"));
  EXPECT_EQ(status.code(), ErrorCode::kDuplicateKey);
  EXPECT_EQ(bson::View(status.details().data())["keyValue"].AsView()["u"].AsString().size(), 5001u);
  EXPECT_NE(ReadJson(*store_, c, Id(first).value()), "");
  ExpectValid(*store_, c);
  ASSERT_TRUE(Delete(*store_, c, Id(first).value()).ok());
  EXPECT_EQ(ReadJson(*store_, c, Id(first).value()), "");
  ExpectValid(*store_, c);
}

TEST_P(Documents, TooLargeADocument) {
  const CollectionPtr c = Collection();
  bson::Builder out;
  out.AppendInt32("_id", 1);
  out.AppendString("a", std::string(bson::kMaxDocumentBytes, 'x'));
  EXPECT_EQ(Insert(*store_, c, out.Finish()).code(), ErrorCode::kBSONObjectTooLarge);
  bson::Builder largest;
  largest.AppendInt32("_id", 1);
  largest.AppendString("a", std::string(static_cast<size_t>(bson::kMaxDocumentBytes) - 22, 'x'));
  const bson::Document document = largest.Finish();
  ASSERT_EQ(document.size(), static_cast<size_t>(bson::kMaxDocumentBytes));
  EXPECT_TRUE(Insert(*store_, c, document).ok());
  ExpectValid(*store_, c);
}

TEST_P(Documents, LayoutByRecord) {
  kv::CommitNumber commit = 0;
  Result<CollectionPtr> created = store_->CreateCollection(
      "db", "log", catalog::Layout::kByRecord, Json(R"({"capped":true,"size":100000})"), &commit);
  ASSERT_TRUE(created.ok()) << created.status().ToString();
  EXPECT_GT(commit, 0u);
  CollectionPtr c = *created;
  EXPECT_EQ(c->layout, catalog::Layout::kByRecord);
  ASSERT_TRUE(CreateIndex(*store_, "db", "log", R"({"a":1})", true).ok());
  for (const int id : {5, 3, 4}) {
    const std::string number = std::to_string(id);
    ASSERT_TRUE(Insert(*store_, c, Json("{\"_id\":" + number + ",\"a\":" + number + "}")).ok());
  }
  EXPECT_EQ(Insert(*store_, c, Json(R"({"_id":3})")).message(),
            "E11000 duplicate key error collection: db.log index: _id_ dup key: { _id: 3 }");
  ASSERT_TRUE(Replace(*store_, c, Json(R"({"_id":3,"a":33})")).ok());
  EXPECT_EQ(Replace(*store_, c, Json(R"({"_id":3,"a":4})")).code(), ErrorCode::kDuplicateKey);
  ASSERT_TRUE(Delete(*store_, c, Id("5").value()).ok());
  Reopen();
  c = Collection("log");
  EXPECT_EQ(c->layout, catalog::Layout::kByRecord);
  EXPECT_EQ(json::ToJson(c->options), R"({"capped":true,"size":100000})");
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":1,"a":1})")).ok());
  EXPECT_EQ(AllDocuments(*store_, c),
            (std::vector<std::string>{R"({"_id":3,"a":33})", R"({"_id":4,"a":4})",
                                      R"({"_id":1,"a":1})"}));
  EXPECT_EQ(ReadJson(*store_, c, Id("3").value()), R"({"_id":3,"a":33})");
  EXPECT_EQ(ReadJson(*store_, c, Id("5").value()), "");
  ExpectValid(*store_, c);
}

TEST_P(Documents, UnknownFormatByteIsCorruption) {
  const CollectionPtr c = Collection();
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":1})")).ok());
  const std::string key = key::DocumentKey(c->id, Id("1").value());
  for (const char format : {1, 2, 77}) {
    std::unique_ptr<kv::Transaction> transaction = store_->kv().Begin({});
    const std::string value = format + Json(R"({"_id":1})").bytes();
    ASSERT_TRUE(transaction->Put(key::Family::kDocuments, key, value).ok());
    ASSERT_TRUE(store_->kv().Commit(std::move(transaction)).ok());
    kv::PinnedValue pinned;
    bson::View document;
    EXPECT_EQ(store_->ReadById(*c, Id("1").value(), &pinned, &document).status().code(),
              ErrorCode::kDataCorruptionDetected);
    const std::unique_ptr<kv::Reader> reader = store_->NewSnapshot();
    const std::unique_ptr<DocumentScan> scan = store_->ScanDocuments(*reader, *c, {}, {});
    EXPECT_FALSE(scan->Next());
    EXPECT_EQ(scan->status().code(), ErrorCode::kDataCorruptionDetected);
    EXPECT_EQ(Replace(*store_, c, Json(R"({"_id":1})")).code(), ErrorCode::kDataCorruptionDetected);
  }
}

}  // namespace
}  // namespace cairn::store
