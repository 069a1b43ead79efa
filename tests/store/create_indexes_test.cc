// SPDX-License-Identifier: Apache-2.0
// createIndexes on empty and on filled collections, its errors, interrupted builds, and builds
// while sixteen threads write.
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "engine/catalog/catalog.h"
#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

class CreateIndexes : public StoreTest {
 protected:
  void Fill(int documents) {
    const CollectionPtr c = Collection();
    for (int at = 0; at < documents;) {
      const int end = std::min(at + 500, documents);
      const Result<kv::CommitNumber> committed = store_->Write(c, [&](WriteTransaction& write) {
        Status status;
        for (int i = at; i < end && status.ok(); ++i) {
          bson::Builder out;
          out.AppendInt32("_id", i).AppendInt32("u", 1000 + i).AppendInt32("a", i % 7);
          status = write.Insert(out.Finish());
        }
        return status;
      });
      ASSERT_TRUE(committed.ok());
      at = end;
    }
  }
  const catalog::IndexSpec* Index(std::string_view name) {
    return store_->FindCollection("db", "c")->FindIndex(name);
  }
};
CAIRN_INSTANTIATE_STORES(CreateIndexes);

TEST_P(CreateIndexes, CreatesTheCollection) {
  const Result<CreateIndexesOutcome> outcome = CreateIndex(*store_, "db", "c", R"({"a":1})");
  ASSERT_TRUE(outcome.ok()) << outcome.status().ToString();
  EXPECT_TRUE(outcome->created_collection);
  EXPECT_EQ(outcome->indexes_before, 1);
  EXPECT_EQ(outcome->indexes_after, 2);
  EXPECT_EQ(outcome->commit, store_->kv().visible());
  const Result<CreateIndexesOutcome> again = CreateIndex(*store_, "db", "c", R"({"a":1})");
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->created_collection);
  EXPECT_EQ(again->indexes_before, 2);
  EXPECT_EQ(again->indexes_after, 2);
  EXPECT_EQ(again->commit, outcome->commit);
  const Result<CreateIndexesOutcome> on_id = CreateIndex(*store_, "db", "c", R"({"_id":1})");
  ASSERT_TRUE(on_id.ok());
  EXPECT_EQ(on_id->indexes_after, 2);
  Reopen();
  EXPECT_TRUE(Index("a_1")->ready);
}

TEST_P(CreateIndexes, OnExistingDocuments) {
  Fill(3000);
  const Result<CreateIndexesOutcome> outcome = store_->CreateIndexes(
      "db", "c", {{"", Json(R"({"u":-1})"), true, {}}, {"mine", Json(R"({"a":1})"), false, {}}});
  ASSERT_TRUE(outcome.ok()) << outcome.status().ToString();
  EXPECT_EQ(outcome->indexes_before, 1);
  EXPECT_EQ(outcome->indexes_after, 3);
  Reopen();
  const CollectionPtr c = Collection();
  EXPECT_TRUE(Index("u_-1")->ready);
  EXPECT_FALSE(Index("mine")->multikey);
  const std::vector<std::string> entries = IndexEntries(*store_, c, "u_-1");
  ASSERT_EQ(entries.size(), 3000u);
  EXPECT_EQ(entries[0], R"({"key":3999,"_id":2999})");
  EXPECT_EQ(IndexEntries(*store_, c, "mine").size(), 3000u);
  // Writes after an ingestion change and remove ingested entries.
  ASSERT_TRUE(Replace(*store_, c, Json(R"({"_id":2999,"u":5})")).ok());
  ASSERT_TRUE(Delete(*store_, c, Json(R"({"_id":2998})")["_id"]).ok());
  EXPECT_EQ(IndexEntries(*store_, c, "u_-1")[0], R"({"key":3997,"_id":2997})");
  ExpectValid(*store_, c);
}

TEST_P(CreateIndexes, ByRecordLayout) {
  const CollectionPtr c =
      store_->CreateCollection("db", "r", catalog::Layout::kByRecord, bson::View(), nullptr)
          .value();
  for (const int id : {3, 1, 2}) {
    bson::Builder out;
    out.AppendInt32("_id", id).AppendInt32("a", 10 * id);
    ASSERT_TRUE(Insert(*store_, c, out.Finish()).ok());
  }
  const Result<CreateIndexesOutcome> outcome = CreateIndex(*store_, "db", "r", R"({"a":1})");
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->indexes_before, 1);
  EXPECT_EQ(outcome->indexes_after, 2);
  EXPECT_EQ(IndexEntries(*store_, c, "a_1"),
            (std::vector<std::string>{R"({"key":10,"_id":1})", R"({"key":20,"_id":2})",
                                      R"({"key":30,"_id":3})"}));
  ExpectValid(*store_, c);
}

TEST_P(CreateIndexes, MultikeyAndCutKeysAreSeenByTheBuild) {
  const CollectionPtr c = Collection();
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":1,"a":[{"b":1},{"b":[2,3]}]})")).ok());
  ASSERT_TRUE(
      Insert(*store_, c, Json(R"({"_id":2,"a":{"b":")" + std::string(2000, 'x') + "\"}}")).ok());
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"a.b":1})").ok());
  Reopen();
  EXPECT_TRUE(Index("a.b_1")->multikey);
  EXPECT_TRUE(Index("a.b_1")->has_truncated_keys);
  EXPECT_EQ(Index("a.b_1")->multikey_paths, (std::vector<std::string>{"a", "a.b"}));
  ExpectValid(*store_, Collection());
}

TEST_P(CreateIndexes, DuplicatesFailTheBuildAndLeaveNothing) {
  Fill(1000);
  const Result<CreateIndexesOutcome> outcome = store_->CreateIndexes(
      "db", "c", {{"", Json(R"({"u":1})"), true, {}}, {"", Json(R"({"a":1})"), true, {}}});
  EXPECT_EQ(outcome.status().code(), ErrorCode::kDuplicateKey);
  EXPECT_EQ(outcome.status().message(),
            "E11000 duplicate key error collection: db.c index: a_1 dup key: { a: 0 }");
  EXPECT_EQ(Details(outcome.status()), R"({"keyPattern":{"a":1},"keyValue":{"a":0}})");
  EXPECT_EQ(Index("a_1"), nullptr);
  EXPECT_EQ(Index("u_1"), nullptr);
  ExpectValid(*store_, Collection());
  // The same definition without `unique` is free to come.
  EXPECT_TRUE(CreateIndex(*store_, "db", "c", R"({"a":1})").ok());
  ExpectValid(*store_, Collection());
}

TEST_P(CreateIndexes, Errors) {
  Fill(10);
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"a":1})").ok());
  const auto code = [&](std::vector<IndexDefinition> definitions) {
    return store_->CreateIndexes("db", "c", definitions).status().code();
  };
  EXPECT_EQ(code({}), ErrorCode::kBadValue);
  EXPECT_EQ(code({{"x", Json(R"({"a":1})"), false, {}}}), ErrorCode::kIndexOptionsConflict);
  EXPECT_EQ(code({{"a_1", Json(R"({"b":1})"), false, {}}}), ErrorCode::kIndexKeySpecsConflict);
  EXPECT_EQ(code({{"", Json(R"({"b":1})"), false, {}}, {"", Json(R"({"b":1})"), false, {}}}),
            ErrorCode::kIndexAlreadyExists);
  EXPECT_EQ(code({{"", Json(R"({"b":1})"), false, {}}, {"", Json(R"({"b":0})"), false, {}}}),
            ErrorCode::kCannotCreateIndex);
  EXPECT_EQ(Index("b_1"), nullptr);
  EXPECT_EQ(
      store_->CreateIndexes("d b", "c", {{"", Json(R"({"b":1})"), false, {}}}).status().code(),
      ErrorCode::kInvalidNamespace);
  std::vector<IndexDefinition> many;
  for (int i = 0; i < 63; ++i) {
    many.push_back(
        {"n" + std::to_string(i), Json("{\"f" + std::to_string(i) + "\":1}"), false, {}});
  }
  EXPECT_EQ(code(many), ErrorCode::kCannotCreateIndex);
  many.pop_back();
  EXPECT_EQ(code(many), ErrorCode::kOk);
  ExpectValid(*store_, Collection());
}

TEST_P(CreateIndexes, AnInterruptedBuildIsDoneAnewAfterOpen) {
  if (!on_disk()) GTEST_SKIP() << "a store in memory has no restart";
  Fill(10);
  // What a crash in the middle of a build leaves: a specification that is not ready, and entries.
  catalog::Collection changed = *Collection();
  catalog::IndexSpec& index = changed.indexes.emplace_back();
  index.id = changed.id + 100;
  index.name = "a_1";
  index.key_pattern = Json(R"({"a":1})");
  std::unique_ptr<kv::Transaction> transaction = store_->kv().Begin({});
  ASSERT_TRUE(catalog::PutCollection(*transaction, changed).ok());
  ASSERT_TRUE(
      transaction->Put(key::Family::kIndexes, key::IdPrefix(index.id) + "some entry", "").ok());
  ASSERT_TRUE(store_->kv().Commit(std::move(transaction)).ok());
  Reopen();
  ASSERT_NE(Index("a_1"), nullptr);
  EXPECT_FALSE(Index("a_1")->ready);
  store_->ResumeIndexBuilds();
  for (int i = 0; i < 500 && !Index("a_1")->ready; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(Index("a_1")->ready);
  EXPECT_NE(Index("a_1")->id, index.id);
  for (int i = 0; i < 500 && KeysOf(*store_, key::Family::kIndexes, index.id) > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(KeysOf(*store_, key::Family::kIndexes, index.id), 0);
  EXPECT_EQ(KeysOf(*store_, key::Family::kIndexes, Index("a_1")->id), 10);
  ExpectValid(*store_, Collection());
}

// One writer's endless random changes to its own slice of the ids; unique keys do not clash.
void WriteUntil(DocumentStore& store, const CollectionPtr& c, int slice, uint64_t seed,
                const std::atomic<bool>& stop) {
  std::mt19937_64 random(seed);
  while (!stop) {
    const int id = slice * 100'000 + static_cast<int>(random() % 200);
    bson::Builder out;
    out.AppendInt32("_id", id);
    out.AppendInt32("u", slice * 100'000 + static_cast<int>(random() % 400));
    out.OpenArray("a");
    for (uint64_t i = random() % 4; i > 0; --i) {
      out.AppendInt32(out.NextIndex(), static_cast<int>(random() % 50));
    }
    out.Close();
    const bson::Document document = out.Finish();
    const uint64_t what = random() % 3;
    Status status = what == 0   ? Insert(store, c, document)
                    : what == 1 ? Replace(store, c, document)
                                : Delete(store, c, document["_id"]);
    if (status.code() == ErrorCode::kDuplicateKey || status.code() == ErrorCode::kNoSuchKey) {
      status = Status::Ok();
    }
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
}

TEST_P(CreateIndexes, WhileOthersWrite) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Fill(20'000);
  const CollectionPtr c = Collection();
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int t = 1; t <= 8; ++t) {
    writers.emplace_back(
        [&, t] { WriteUntil(*store_, c, t, seed + static_cast<uint64_t>(t), stop); });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const Result<CreateIndexesOutcome> first = CreateIndex(*store_, "db", "c", R"({"a":1})");
  EXPECT_TRUE(first.ok()) << first.status().ToString();
  // Writers may put duplicates while the index is not unique yet; then the build must say so.
  const Result<CreateIndexesOutcome> second = CreateIndex(*store_, "db", "c", R"({"u":1})", true);
  EXPECT_TRUE(second.ok() || second.status().code() == ErrorCode::kDuplicateKey)
      << second.status().ToString();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  stop = true;
  for (std::thread& writer : writers) writer.join();
  EXPECT_TRUE(Index("a_1")->multikey);
  ExpectValid(*store_, c);
  Reopen();
  ExpectValid(*store_, Collection());
}

TEST_P(CreateIndexes, UniqueWhileKeysMoveBetweenDocuments) {
  const CollectionPtr c = Collection();
  Fill(10'000);
  std::atomic<bool> stop{false};
  // Rotates three keys among documents; at no commit do two have the same one.
  std::thread writer([&] {
    for (int turn = 0; !stop; ++turn) {
      const Result<kv::CommitNumber> committed = store_->Write(c, [&](WriteTransaction& write) {
        Status status;
        for (int id = 0; id < 3 && status.ok(); ++id) {
          bson::Builder out;
          out.AppendInt32("_id", id);
          const std::string suffix = key::EncodeId(out.Finish()["_id"]);
          bson::View before;
          status = write.ReadForUpdate(suffix, &before).status();
          if (status.ok()) status = write.Delete(suffix, before);
        }
        for (int id = 0; id < 3 && status.ok(); ++id) {
          bson::Builder out;
          out.AppendInt32("_id", id).AppendInt32("u", 1000 + (id + turn) % 3);
          status = write.Insert(out.Finish());
        }
        return status;
      });
      ASSERT_TRUE(committed.ok()) << committed.status().ToString();
    }
  });
  const Result<CreateIndexesOutcome> outcome = CreateIndex(*store_, "db", "c", R"({"u":1})", true);
  stop = true;
  writer.join();
  EXPECT_TRUE(outcome.ok()) << outcome.status().ToString();
  ExpectValid(*store_, c);
}

TEST_P(CreateIndexes, ADropAbortsTheBuild) {
  Fill(50'000);
  const uint32_t id = Collection()->id;
  Result<CreateIndexesOutcome> outcome = Status(ErrorCode::kInternalError, "not run");
  std::thread builder([&] { outcome = CreateIndex(*store_, "db", "c", R"({"a":1})"); });
  while (Collection()->indexes.empty()) std::this_thread::yield();
  const Result<DdlOutcome> dropped = store_->DropCollection("db", "c");
  builder.join();
  ASSERT_TRUE(dropped.ok());
  EXPECT_TRUE(dropped->existed);
  EXPECT_EQ(outcome.status().code(), ErrorCode::kIndexBuildAborted);
  EXPECT_EQ(store_->FindCollectionById(id), nullptr);
}

}  // namespace
}  // namespace cairn::store
