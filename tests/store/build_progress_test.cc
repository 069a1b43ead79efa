// SPDX-License-Identifier: Apache-2.0
// What is seen of a running build, how it is cancelled, and what an index in the order of another
// version of ICU becomes.
#include <thread>

#include "engine/catalog/catalog.h"
#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

constexpr int kDocuments = 60'000;

class BuildProgressTest : public StoreTest {
 protected:
  void Fill() {
    const CollectionPtr c = Collection();
    for (int at = 0; at < kDocuments; at += 1000) {
      ASSERT_TRUE(store_
                      ->Write(c,
                              [&](WriteTransaction& write) {
                                Status status;
                                for (int id = at; id < at + 1000 && status.ok(); ++id) {
                                  bson::Builder out;
                                  out.AppendInt32("_id", id).AppendInt32("a", id % 100);
                                  status = write.Insert(out.AppendInt32("b", id).Finish());
                                }
                                return status;
                              })
                      .ok());
    }
  }

  Result<CreateIndexesOutcome> Build() {
    return store_->CreateIndexes(
        "db", "c", {{"", Json(R"({"a":1})"), false, {}}, {"", Json(R"({"b":1})"), true, {}}});
  }

  // Starts the build, and drops `selection` as soon as something of it is seen.
  void Cancel(const IndexSelection& selection) {
    Result<CreateIndexesOutcome> outcome = Status(ErrorCode::kInternalError, "not run");
    std::thread builder([&] { outcome = Build(); });
    while (store_->IndexBuilds().empty()) std::this_thread::yield();
    const Result<DdlOutcome> dropped = store_->DropIndexes("db", "c", selection);
    builder.join();
    EXPECT_TRUE(dropped.ok()) << dropped.status().ToString();
    EXPECT_EQ(outcome.status().code(), ErrorCode::kIndexBuildAborted)
        << outcome.status().ToString();
    EXPECT_TRUE(Collection()->indexes.empty());
    EXPECT_TRUE(store_->IndexBuilds().empty());
    ExpectValid(*store_, Collection());
  }
};
CAIRN_INSTANTIATE_STORES(BuildProgressTest);

TEST_P(BuildProgressTest, IsSeenWhileItRuns) {
  Fill();
  Result<CreateIndexesOutcome> outcome = Status(ErrorCode::kInternalError, "not run");
  std::thread builder([&] { outcome = Build(); });
  std::vector<IndexBuildStatus> builds;
  while (builds.empty() || builds.front().done == 0) builds = store_->IndexBuilds();
  EXPECT_EQ(builds.front().ns, "db.c");
  EXPECT_EQ(builds.front().names, (std::vector<std::string>{"a_1", "b_1"}));
  EXPECT_LE(builds.front().done, builds.front().total);
  builder.join();
  EXPECT_TRUE(outcome.ok());
  EXPECT_TRUE(store_->IndexBuilds().empty());
}

TEST_P(BuildProgressTest, IsCancelledByName) {
  Fill();
  IndexSelection selection;
  selection.names = {"a_1"};
  Cancel(selection);
}

TEST_P(BuildProgressTest, IsCancelledByKeyPattern) {
  Fill();
  IndexSelection selection;
  selection.key_pattern = Json(R"({"b":1})");
  Cancel(selection);
}

TEST_P(BuildProgressTest, IsCancelledByADropOfAll) {
  Fill();
  IndexSelection selection;
  selection.all = true;
  Cancel(selection);
}

class OtherIcu : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    const CollectionPtr c = Collection();
    for (const char* document :
         {R"({"_id":1,"s":"b"})", R"({"_id":2,"s":"A"})", R"({"_id":3,"s":"c"})"}) {
      ASSERT_TRUE(Insert(*store_, c, Json(document)).ok());
    }
    const Result<CreateIndexesOutcome> built = store_->CreateIndexes(
        "db", "c",
        {{"s_1", Json(R"({"s":1})"), true, Json(R"({"collation":{"locale":"en","strength":2}})")}});
    ASSERT_TRUE(built.ok()) << built.status().ToString();
  }

  // Makes of the index what a program with another ICU would have left.
  void Age() {
    catalog::Collection changed = *Collection();
    catalog::IndexSpec& index = changed.indexes.front();
    index.icu_version = "1.0";
    old_id_ = index.id;
    std::unique_ptr<kv::Transaction> transaction = store_->kv().Begin({});
    ASSERT_TRUE(
        transaction->DeleteRange(key::Family::kIndexes, key::PrefixRange(key::IdPrefix(index.id)))
            .ok());
    ASSERT_TRUE(transaction->Put(key::Family::kIndexes, key::IdPrefix(index.id) + "old", "").ok());
    ASSERT_TRUE(catalog::PutCollection(*transaction, changed).ok());
    ASSERT_TRUE(store_->kv().Commit(std::move(transaction)).ok());
  }

  uint32_t old_id_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Stores, OtherIcu, testing::Values(true), StoreName);

TEST_P(OtherIcu, IsBuiltAnewWhenOpened) {
  Age();
  Reopen();
  const CollectionPtr c = Collection();
  const catalog::IndexSpec& index = c->indexes.front();
  EXPECT_TRUE(index.ready);
  EXPECT_NE(index.id, old_id_);
  EXPECT_EQ(index.icu_version, collation::Collator::Version());
  EXPECT_FALSE(collation::Collator::IsStale(index.options["collation"].AsView()));
  EXPECT_EQ(KeysOf(*store_, key::Family::kIndexes, index.id), 3);
  ExpectValid(*store_, c);
  EXPECT_EQ(Insert(*store_, c, Json(R"({"_id":4,"s":"B"})")).code(), ErrorCode::kDuplicateKey);
  Reopen();
  EXPECT_EQ(Collection()->indexes.front().id, index.id);
}

TEST_P(OtherIcu, ServesNobodyWhereNothingCanBeBuilt) {
  Age();
  options_.read_only = true;
  Reopen();
  EXPECT_FALSE(Collection()->indexes.front().ready);
}

TEST_P(OtherIcu, IsDroppedWhenStringsHaveBecomeEqual) {
  // As if "b" and "B" had been different then.
  Age();
  std::unique_ptr<kv::Transaction> transaction = store_->kv().Begin({});
  const bson::Document document = Json(R"({"_id":4,"s":"B"})");
  ASSERT_TRUE(transaction
                  ->Put(key::Family::kDocuments,
                        key::DocumentKey(Collection()->id, document["_id"]),
                        std::string(1, '\0') + std::string(document.bytes()))
                  .ok());
  transaction->AddCounts(Collection()->id, 1, static_cast<int64_t>(document.bytes().size()));
  ASSERT_TRUE(store_->kv().Commit(std::move(transaction)).ok());
  std::string logged;
  options_.log = [&](LogLevel, std::string_view message) { logged += message; };
  Reopen();
  EXPECT_TRUE(Collection()->indexes.empty());
  EXPECT_NE(logged.find("E11000"), std::string::npos) << logged;
  ExpectValid(*store_, Collection());
  store_.reset();
}

}  // namespace
}  // namespace cairn::store
