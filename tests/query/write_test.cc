// SPDX-License-Identifier: Apache-2.0
// Writes in bulk and at the same time: batches, Halloween, upserts that race, counts, durability.
#include <atomic>
#include <thread>

#include "tests/query/fixture.h"

namespace cairn {
namespace {

class WriteTest : public InMemory {
 protected:
  static InsertOptions Relaxed(bool ordered) { return {{Durability::kRelaxed}, ordered}; }
};

std::vector<bson::View> Views(const std::vector<bson::Document>& documents) {
  return {documents.begin(), documents.end()};
}

TEST_F(WriteTest, InsertManyTellsEachError) {
  for (const bool ordered : {true, false}) {
    Collection c = Get(ordered ? "ordered" : "unordered");
    Must(c.InsertOne(J(R"({"_id":300})")));
    Must(c.InsertOne(J(R"({"_id":700})")));
    std::vector<bson::Document> documents;
    for (int i = 0; i < 1000; ++i) documents.push_back(J("{\"_id\":" + std::to_string(i) + "}"));
    documents[800] = J(R"({"_id":[1]})");
    documents[900] = J(R"({"_id":5})");
    const auto result = Must(c.InsertMany(Views(documents), Relaxed(ordered)));
    std::vector<size_t> indexes;
    for (const WriteError& error : result.errors) indexes.push_back(error.index);
    if (ordered) {
      EXPECT_EQ(indexes, (std::vector<size_t>{300}));
      EXPECT_EQ(result.inserted_ids.size(), 300u);
      EXPECT_EQ(Must(c.Count(J("{}"))), 302);
    } else {
      EXPECT_EQ(indexes, (std::vector<size_t>{300, 700, 800, 900}));
      EXPECT_EQ(result.errors[2].status.code(), ErrorCode::kInvalidIdField);
      EXPECT_EQ(result.errors[3].status.code(), ErrorCode::kDuplicateKey);
      EXPECT_EQ(result.inserted_ids.size(), 996u);
      EXPECT_EQ(Must(c.Count(J("{}"))), 998);
      EXPECT_EQ(result.inserted_ids[300].value().AsInt32(), 301);
    }
    EXPECT_EQ(result.errors[0].status.code(), ErrorCode::kDuplicateKey);
    EXPECT_EQ(
        bson::View(result.errors[0].status.details().data())["keyValue"].AsView()["_id"].AsInt32(),
        300);
    EXPECT_TRUE(Must(c.Validate()).valid);
  }
}

TEST_F(WriteTest, OrderedInsertStopsAtADocumentThatCannotBe) {
  Collection c = Get("c");
  const std::vector<bson::Document> documents = {J(R"({"_id":1})"), J(R"({"_id":[1]})"),
                                                 J(R"({"_id":2})")};
  const auto result = Must(c.InsertMany(Views(documents), Relaxed(true)));
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_EQ(result.errors[0].index, 1u);
  EXPECT_EQ(result.inserted_ids.size(), 1u);
  // An error before it comes first.
  const auto again = Must(c.InsertMany(Views(documents), Relaxed(true)));
  ASSERT_EQ(again.errors.size(), 1u);
  EXPECT_EQ(again.errors[0].index, 0u);
}

TEST_F(WriteTest, InsertManySharesCommits) {
  Collection c = Get("c");
  Must(c.Create());
  const CommitNumber before = Must(c.InsertOne(J("{}"))).commit;
  std::vector<bson::Document> documents(1000);
  const auto result = Must(c.InsertMany(Views(documents), Relaxed(true)));
  EXPECT_EQ(result.inserted_ids.size(), 1000u);
  EXPECT_LE(result.commit - before, 4u);
  EXPECT_TRUE(database_->WaitDurable(result.commit).ok());
}

TEST_F(WriteTest, InsertManyOfLargeDocuments) {
  Collection c = Get("c");
  std::vector<bson::Document> documents;
  for (int i = 0; i < 12; ++i) {
    documents.push_back(bson::Builder().AppendString("t", std::string(3 << 20, 'x')).Finish());
  }
  EXPECT_EQ(Must(c.InsertMany(Views(documents), Relaxed(true))).inserted_ids.size(), 12u);
  EXPECT_EQ(Must(c.UpdateMany(J("{}"), J(R"({"$set":{"a":1}})"))).modified, 12);
  EXPECT_EQ(Must(c.DeleteMany(J(R"({"a":1})"))).deleted, 12);
}

TEST_F(WriteTest, BulkWriteCountsEachKind) {
  using Kind = WriteModel::Kind;
  Collection c = Get("c");
  const bson::Document one = J(R"({"_id":1,"a":1})");
  const bson::Document two = J(R"({"_id":2,"a":1})");
  const bson::Document of_a = J(R"({"a":1})");
  const bson::Document add = J(R"({"$inc":{"a":1}})");
  const bson::Document of_three = J(R"({"_id":3})");
  const bson::Document replacement = J(R"({"b":1})");
  std::vector<WriteModel> writes = {
      {.kind = Kind::kInsertOne, .document = one},
      {.kind = Kind::kInsertOne, .document = two},
      {.kind = Kind::kInsertOne, .document = one},
      {.kind = Kind::kUpdateMany, .filter = of_a, .document = add},
      {.kind = Kind::kReplaceOne, .filter = of_three, .document = replacement},
      {.kind = Kind::kDeleteOne, .filter = of_three},
  };
  writes[4].options.upsert = true;
  // The second _id 1 ends it, unless the rest is tried.
  const BulkWriteResult ordered = Must(c.BulkWrite(writes));
  EXPECT_EQ(ordered.inserted, 2);
  ASSERT_EQ(ordered.errors.size(), 1u);
  EXPECT_EQ(ordered.errors[0].index, 2u);
  EXPECT_EQ(ordered.errors[0].status.code(), ErrorCode::kDuplicateKey);
  EXPECT_EQ(ordered.matched, 0);
  BulkWriteOptions unordered;
  unordered.ordered = false;
  const BulkWriteResult rest = Must(c.BulkWrite(writes, unordered));
  EXPECT_EQ(rest.errors.size(), 3u);
  EXPECT_EQ(rest.modified, 2);
  EXPECT_EQ(rest.deleted, 1);
  ASSERT_EQ(rest.upserted_ids.size(), 1u);
  EXPECT_EQ(rest.upserted_ids[0].first, 4u);
  EXPECT_EQ(rest.upserted_ids[0].second.value().AsInt32(), 3);
  EXPECT_GT(rest.commit, ordered.commit);
}

// Named after the day on which System R's engineers found salaries raised again and again.
TEST_F(WriteTest, HalloweenUpdatesMoveAheadOfTheScan) {
  Collection c = Get("c");
  Fill(&c, 2000, [](int i) { return "\"a\":" + std::to_string(i); });
  Index(&c, R"({"a":1})");
  const auto result = Must(c.UpdateMany(J(R"({"a":{"$gte":0}})"), J(R"({"$inc":{"a":100000}})")));
  EXPECT_EQ(result.matched, 2000);
  EXPECT_EQ(result.modified, 2000);
  EXPECT_EQ(Must(c.Count(J(R"({"a":{"$gte":200000}})"))), 0);
  EXPECT_EQ(Must(c.Count(J(R"({"a":{"$gte":100000}})"))), 2000);
  EXPECT_TRUE(Must(c.Validate()).valid);
}

TEST_F(WriteTest, HalloweenUpdatesThatMakeArrays) {
  Collection c = Get("c");
  Fill(&c, 600, [](int i) { return "\"a\":" + std::to_string(i % 10); });
  Index(&c, R"({"a":1})");
  const auto result = Must(c.UpdateMany(J(R"({"a":{"$gte":0,"$lt":500}})"),
                                        J(R"({"$set":{"a":[400,1000]},"$inc":{"n":1}})")));
  EXPECT_EQ(result.modified, 600);
  EXPECT_EQ(Must(c.Count(J(R"({"n":1})"))), 600);
}

TEST_F(WriteTest, UpdateManyStopsAtAnErrorAndKeepsWhatItDid) {
  Collection c = Get("c");
  Fill(&c, 600, [](int i) { return i == 400 ? "\"a\":\"x\"" : "\"a\":1"; });
  EXPECT_EQ(c.UpdateMany(J("{}"), J(R"({"$inc":{"a":1}})")).status().code(),
            ErrorCode::kTypeMismatch);
  EXPECT_EQ(Must(c.Count(J(R"({"a":2})"))), 400);
}

TEST_F(WriteTest, DeletesInBatches) {
  Collection c = Get("c");
  Fill(&c, 3000, [](int i) { return "\"a\":[" + std::to_string(i % 3) + ",9]"; });
  Index(&c, R"({"a":1})");
  EXPECT_EQ(Must(c.DeleteMany(J(R"({"a":1})"))).deleted, 1000);
  EXPECT_EQ(Must(c.DeleteOne(J(R"({"a":9})"))).deleted, 1);
  EXPECT_EQ(Must(c.DeleteMany(J("{}"))).deleted, 1999);
  EXPECT_EQ(Must(c.Count(J("{}"))), 0);
  EXPECT_TRUE(Must(c.Validate()).valid);
}

TEST_F(WriteTest, ConcurrentUpsertsMakeOneDocument) {
  for (const char* field : {"_id", "u"}) {
    Collection c = Get(std::string("upserts") + field);
    if (std::string_view(field) == "u") Index(&c, R"({"u":1})", true);
    constexpr int kThreads = 4;
    constexpr int kRounds = 50;
    std::atomic<int> upserted{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          const bson::Document filter = bson::Builder().AppendInt32(field, round).Finish();
          const auto result =
              c.UpdateOne(filter, J(R"({"$inc":{"n":1}})"), {{Durability::kRelaxed}, true});
          ASSERT_TRUE(result.ok()) << result.status().ToString();
          upserted += result->upserted_id.missing() ? 0 : 1;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(upserted, kRounds);
    EXPECT_EQ(Must(c.Count(J("{}"))), kRounds);
    EXPECT_EQ(Must(c.Count(J("{\"n\":" + std::to_string(kThreads) + "}"))), kRounds);
  }
}

TEST_F(WriteTest, ConcurrentIncrementsAllCount) {
  Collection c = Get("c");
  Fill(&c, 10, [](int) { return "\"n\":0"; });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 50; ++round) {
        const auto result =
            t % 2 == 0
                ? c.UpdateMany(J("{}"), J(R"({"$inc":{"n":1}})"), {{Durability::kRelaxed}, false})
                : c.UpdateOne(J(R"({"n":{"$gte":0}})"), J(R"({"$inc":{"n":1}})"),
                              {{Durability::kRelaxed}, false});
        ASSERT_TRUE(result.ok()) << result.status().ToString();
        EXPECT_EQ(result->modified, t % 2 == 0 ? 10 : 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  int64_t sum = 0;
  Cursor cursor = Must(c.Find(J("{}")));
  while (Must(cursor.Next())) sum += cursor.document()["n"].AsInt32();
  EXPECT_EQ(sum, 2 * 50 * 10 + 2 * 50);
}

// Each job is taken by one worker.
TEST_F(WriteTest, ConcurrentTakersShareJobs) {
  Collection c = Get("jobs");
  Fill(&c, 200, [](int) { return "\"state\":\"free\""; });
  Index(&c, R"({"state":1})");
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (true) {
        const auto result = c.UpdateOne(J(R"({"state":"free"})"),
                                        J(R"({"$set":{"state":"taken"},"$inc":{"by":1}})"),
                                        {{Durability::kRelaxed}, false});
        ASSERT_TRUE(result.ok()) << result.status().ToString();
        if (result->modified == 0) break;
        ++taken;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 200);
  EXPECT_EQ(Must(c.Count(J(R"({"by":1})"))), 200);
}

// Each build ingests, which leaves a gap in the log's sequence numbers that later builds read over.
TEST_F(WriteTest, ManyIndexBuildsInOneLog) {
  for (int i = 0; i < 100; ++i) {
    Collection c = Get("built" + std::to_string(i));
    Fill(&c, 2, [](int) { return "\"a\":1"; });
    Index(&c, R"({"a":1})");
    EXPECT_EQ(Must(c.Count(J(R"({"a":1})"))), 2);
  }
}

TEST_F(WriteTest, NothingWrittenNeedsNoCommit) {
  Collection c = Get("c");
  EXPECT_EQ(Must(c.UpdateOne(J("{}"), J(R"({"$set":{"a":1}})"))).commit, 0u);
  EXPECT_EQ(Must(c.DeleteMany(J("{}"))).commit, 0u);
  EXPECT_EQ(Must(c.InsertMany({})).commit, 0u);
  EXPECT_TRUE(database_->WaitDurable(0).ok());
  bool done = false;
  database_->WhenDurable(0, [&](const Status& status) { done = status.ok(); });
  EXPECT_TRUE(done);
}

TEST_F(WriteTest, NamesAreChecked) {
  EXPECT_EQ(database_->GetCollection("", "c").status().code(), ErrorCode::kInvalidNamespace);
  EXPECT_EQ(database_->GetCollection("a.b", "c").status().code(), ErrorCode::kInvalidNamespace);
  EXPECT_EQ(database_->GetCollection("d", "a$b").status().code(), ErrorCode::kInvalidNamespace);
  Collection c = Get("system.x");
  EXPECT_EQ(c.InsertOne(J("{}")).status().code(), ErrorCode::kInvalidNamespace);
  EXPECT_EQ(c.Create().status().code(), ErrorCode::kInvalidNamespace);
  EXPECT_EQ(Must(c.Count(J("{}"))), 0);
}

TEST_F(WriteTest, AdministersCollections) {
  Collection c = Get("c");
  EXPECT_EQ(c.Info().status().code(), ErrorCode::kNamespaceNotFound);
  EXPECT_EQ(c.Validate().status().code(), ErrorCode::kNamespaceNotFound);
  EXPECT_GT(Must(c.Create()), 0u);
  EXPECT_EQ(Must(c.Create()), 0u);
  CreateOptions capped;
  capped.capped = true;
  EXPECT_EQ(Get("d").Create(capped).status().code(), ErrorCode::kInvalidOptions);
  Fill(&c, 3, [](int) { return "\"a\":1"; });
  Index(&c, R"({"a":-1})");
  const CollectionInfo info = Must(c.Info());
  EXPECT_EQ(info.documents, 3);
  EXPECT_GT(info.bytes, 0);
  EXPECT_EQ(info.uuid.size(), 16u);
  ASSERT_EQ(info.indexes.size(), 2u);
  EXPECT_EQ(info.indexes[0].name, "_id_");
  EXPECT_EQ(info.indexes[1].name, "a_-1");
  EXPECT_EQ(Must(database_->ListCollections("test")).size(), 1u);
  EXPECT_EQ(database_->ListDatabases(), (std::vector<std::string>{"test"}));
  CommitNumber commit = 0;
  EXPECT_TRUE(Must(c.Drop(&commit)));
  EXPECT_GT(commit, 0u);
  EXPECT_FALSE(Must(c.Drop()));
  Must(c.InsertOne(J("{}")));
  EXPECT_TRUE(Must(database_->DropDatabase("test")));
  EXPECT_FALSE(Must(database_->DropDatabase("test")));
  EXPECT_TRUE(database_->write_state().ok());
}

}  // namespace
}  // namespace cairn
