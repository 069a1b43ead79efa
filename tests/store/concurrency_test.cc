// SPDX-License-Identifier: Apache-2.0
// Sixty-four threads: exactly one wins a unique key, counts stay exact, and drops meet writers.
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <thread>

#include "tests/store/store_fixture.h"

namespace cairn::store {
namespace {

constexpr int kThreads = 64;

void InThreads(const std::function<void(int)>& run) {
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      ++ready;
      while (ready < kThreads) std::this_thread::yield();
      run(t);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// An insert that takes its time between its checks and its commit, so that others come between.
Status SlowInsert(DocumentStore& store, const CollectionPtr& collection, bson::View document) {
  return store
      .Write(collection,
             [&](WriteTransaction& write) {
               Status status = write.Insert(document);
               std::this_thread::sleep_for(std::chrono::microseconds(200));
               return status;
             })
      .status();
}

class Concurrency : public StoreTest {};
CAIRN_INSTANTIATE_STORES(Concurrency);

TEST_P(Concurrency, OneWinsAnId) {
  const CollectionPtr c = Collection();
  constexpr int kRounds = 50;
  std::array<std::atomic<int>, kRounds> winners{};
  InThreads([&](int t) {
    for (int round = 0; round < kRounds; ++round) {
      bson::Builder out;
      out.AppendInt32("_id", round).AppendInt32("t", t);
      const Status status = SlowInsert(*store_, c, out.Finish());
      if (status.ok()) ++winners[static_cast<size_t>(round)];
      ASSERT_TRUE(status.ok() || status.code() == ErrorCode::kDuplicateKey) << status.ToString();
    }
  });
  for (const std::atomic<int>& count : winners) EXPECT_EQ(count, 1);
  EXPECT_EQ(store_->GetCounts(*c).documents, kRounds);
  ExpectValid(*store_, c);
}

TEST_P(Concurrency, OneWinsAUniqueKey) {
  const CollectionPtr c = Collection();
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"u":1})", true).ok());
  constexpr int kRounds = 50;
  std::array<std::atomic<int>, kRounds> winners{};
  InThreads([&](int t) {
    for (int round = 0; round < kRounds; ++round) {
      bson::Builder out;
      out.AppendInt32("_id", round * kThreads + t).AppendInt32("u", round);
      const Status status = SlowInsert(*store_, c, out.Finish());
      if (status.ok()) ++winners[static_cast<size_t>(round)];
      ASSERT_TRUE(status.ok() || status.code() == ErrorCode::kDuplicateKey) << status.ToString();
    }
  });
  for (const std::atomic<int>& count : winners) EXPECT_EQ(count, 1);
  ExpectValid(*store_, c);
}

TEST_P(Concurrency, CountsStayExact) {
  CollectionPtr c = Collection();
  ASSERT_TRUE(CreateIndex(*store_, "db", "c", R"({"a":1})").ok());
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::atomic<int64_t> documents{0};
  InThreads([&](int t) {
    std::mt19937_64 random(seed + static_cast<uint64_t>(t));
    for (int i = 0; i < 300; ++i) {
      bson::Builder out;
      out.AppendInt32("_id", static_cast<int>(random() % 50));
      out.AppendString("a", std::string(random() % 30, 'x'));
      const bson::Document document = out.Finish();
      const uint64_t what = random() % 3;
      if (what == 0) {
        if (Insert(*store_, c, document).ok()) ++documents;
      } else if (what == 1) {
        Replace(*store_, c, document).PermitUncheckedError();
      } else if (Delete(*store_, c, document["_id"]).ok()) {
        --documents;
      }
    }
  });
  EXPECT_EQ(store_->GetCounts(*c).documents, documents);
  ExpectValid(*store_, c);
  const kv::Counts before = store_->GetCounts(*c);
  Reopen();
  c = Collection();
  EXPECT_EQ(store_->GetCounts(*c).documents, before.documents);
  EXPECT_EQ(store_->GetCounts(*c).bytes, before.bytes);
  ExpectValid(*store_, c);
}

// Every increment survives: a lost update would show.
TEST_P(Concurrency, UpdatesAreNotLost) {
  const CollectionPtr c = Collection();
  ASSERT_TRUE(Insert(*store_, c, Json(R"({"_id":1,"n":0})")).ok());
  const std::string suffix = key::EncodeId(Json(R"({"_id":1})")["_id"]);
  InThreads([&](int) {
    for (int i = 0; i < 50; ++i) {
      const Result<kv::CommitNumber> committed =
          store_->Write(c, [&](WriteTransaction& write) -> Status {
            bson::View before;
            const Result<bool> found = write.ReadForUpdate(suffix, &before);
            if (!found.ok()) return found.status();
            bson::Builder out;
            out.AppendInt32("_id", 1).AppendInt32("n", before["n"].AsInt32() + 1);
            return write.Update(suffix, before, out.Finish(), bson::View());
          });
      ASSERT_TRUE(committed.ok()) << committed.status().ToString();
    }
  });
  EXPECT_EQ(ReadJson(*store_, c, Json(R"({"_id":1})")["_id"]),
            R"({"_id":1,"n":)" + std::to_string(kThreads * 50) + "}");
}

// The flags of many indexes, set by many threads at once, all survive.
TEST_P(Concurrency, MultikeyFlags) {
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(CreateIndex(*store_, "db", "c", "{\"f" + std::to_string(i) + ".g\":1}").ok());
  }
  const CollectionPtr c = Collection();
  InThreads([&](int t) {
    const std::string field = "f" + std::to_string(t % 8);
    const std::string value = t < 8 ? R"([{"g":1}])" : R"({"g":[1]})";
    ASSERT_TRUE(Insert(*store_, c,
                       Json("{\"_id\":" + std::to_string(t) + ",\"" + field + "\":" + value + "}"))
                    .ok());
  });
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 8; ++i) {
      const std::string field = "f" + std::to_string(i);
      const catalog::IndexSpec index =
          *store_->FindCollection("db", "c")->FindIndex(field + ".g_1");
      EXPECT_TRUE(index.multikey);
      EXPECT_EQ(index.multikey_paths, (std::vector<std::string>{field, field + ".g"}));
    }
    Reopen();
  }
  ExpectValid(*store_, Collection());
}

TEST_P(Concurrency, DropsMeetWriters) {
  std::atomic<bool> stop{false};
  std::thread dropper([&] {
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(store_->DropCollection("db", "c").ok());
      std::this_thread::yield();
    }
    stop = true;
  });
  InThreads([&](int t) {
    for (int i = 0; !stop; ++i) {
      const Result<CollectionPtr> c = store_->FindOrCreateCollection("db", "c");
      ASSERT_TRUE(c.ok());
      bson::Builder out;
      out.AppendInt32("_id", t * 1'000'000 + i);
      const Status status = Insert(*store_, *c, out.Finish());
      ASSERT_TRUE(status.ok() || status.code() == ErrorCode::kNamespaceNotFound)
          << status.ToString();
    }
  });
  dropper.join();
  ExpectValid(*store_, Collection());
}

}  // namespace
}  // namespace cairn::store
