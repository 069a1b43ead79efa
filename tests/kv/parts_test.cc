// SPDX-License-Identifier: Apache-2.0
// The parts that backends share: write buffer, recent writes, latches, commit queue, log bytes; and
// the fault-injecting store.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <thread>

#include "engine/kv/commit_queue.h"
#include "engine/kv/commit_record.h"
#include "engine/kv/faulty_store.h"
#include "engine/kv/key_hash.h"
#include "engine/kv/latches.h"
#include "engine/kv/recent_writes.h"
#include "engine/kv/write_buffer.h"
#include "tests/kv/stores.h"

namespace cairn::kv {
namespace {

TEST(WriteBuffer, FindsTheNewestAndViewsStay) {
  WriteBuffer buffer;
  std::map<std::string, std::string> model;
  std::vector<std::pair<std::string_view, std::string>> views;
  std::mt19937_64 random(20240601);
  for (int i = 0; i < 5000; ++i) {
    const std::string key = "key" + std::to_string(random() % 700);
    const std::string value = std::to_string(i) + std::string(random() % 50, 'v');
    buffer.Put(Family::kDocuments, key, value);
    model[key] = value;
    const WriteBuffer::Operation* found = buffer.Find(Family::kDocuments, key);
    ASSERT_NE(found, nullptr);
    ASSERT_EQ(found->second, value);
    views.emplace_back(found->second, value);
    ASSERT_EQ(buffer.Find(Family::kIndexes, key), nullptr);
  }
  for (const auto& [view, value] : views) ASSERT_EQ(view, value);
  for (const auto& [key, value] : model) {
    ASSERT_EQ(buffer.Find(Family::kDocuments, key)->second, value);
  }
  EXPECT_EQ(buffer.Find(Family::kDocuments, "absent"), nullptr);
  const auto sorted = buffer.Sorted(Family::kDocuments, {"key1", "key2"});
  size_t in_range = 0;
  for (const auto& [key, value] : model) in_range += key >= "key1" && key < "key2" ? 1 : 0;
  ASSERT_EQ(sorted.size(), in_range);
  for (const auto* operation : sorted)
    EXPECT_EQ(operation->second, model[std::string(operation->key)]);
}

TEST(RecentWrites, NeverForgetsAChange) {
  RecentWrites recent;
  std::mt19937_64 random(7);
  std::map<uint64_t, CommitNumber> model;
  for (CommitNumber number = 1; number <= 1'000'000; ++number) {
    const uint64_t hash =
        random() % 3 == 0 ? HashKey(Family::kDocuments, NumberKey(number % 50'000)) : random();
    recent.Record(hash, number);
    model.erase(hash);
    if (number % 10 == 0) model[hash] = number;
  }
  for (const auto& [hash, number] : model) {
    ASSERT_TRUE(recent.ChangedSince(hash, number - 1));
    ASSERT_TRUE(recent.ChangedSince(hash, 0));
  }
}

TEST(RecentWrites, RarelyCriesWolf) {
  RecentWrites recent;
  for (CommitNumber number = 1; number <= 100'000; ++number) {
    recent.Record(HashKey(Family::kDocuments, NumberKey(number)), number);
  }
  int wrong = 0;
  for (uint64_t i = 0; i < 100'000; ++i) {
    wrong += recent.ChangedSince(HashKey(Family::kIndexes, NumberKey(i)), 0) ? 1 : 0;
  }
  // Nothing has been forgotten at this fill: only 16-bit tags collide.
  EXPECT_LT(wrong, 500);
  EXPECT_FALSE(recent.ChangedSince(HashKey(Family::kDocuments, NumberKey(5)), 100'000));
}

TEST(Latches, GiveUpInsteadOfDeadlock) {
  Latches latches;
  LatchHolder first(&latches);
  LatchHolder second(&latches);
  ASSERT_TRUE(first.Hold(10));
  ASSERT_TRUE(second.Hold(20));
  EXPECT_TRUE(first.Hold(10));    // held already
  EXPECT_FALSE(second.Hold(10));  // below what it holds: no waiting
  second.ReleaseAll();
  EXPECT_FALSE(second.Hold(20));  // the hint asks for 10 first, which stays held
  first.ReleaseAll();
  EXPECT_TRUE(second.Hold(20));
  EXPECT_FALSE(latches.TryAcquire(10));  // taken with the hint
  second.ReleaseAll();
  EXPECT_TRUE(latches.TryAcquire(10));
  latches.Release(10);
}

TEST(Latches, HoldManyAndReleaseFromAnotherThread) {
  Latches latches;
  LatchHolder holder(&latches);
  for (uint64_t stripe = 0; stripe < Latches::kStripes; ++stripe) ASSERT_TRUE(holder.Hold(stripe));
  for (uint64_t stripe = 0; stripe < Latches::kStripes; ++stripe) {
    ASSERT_FALSE(latches.TryAcquire(static_cast<uint32_t>(stripe)));
    ASSERT_TRUE(holder.Hold(stripe));
  }
  std::atomic<bool> got{false};
  std::thread waiter([&] {
    LatchHolder other(&latches);
    got = other.Hold(77);
  });
  std::thread([&] { holder.ReleaseAll(); }).join();
  waiter.join();
  EXPECT_TRUE(got);
}

TEST(CommitQueue, EachEntryOnceAndAlone) {
  struct Numbered : CommitQueue::Entry {
    int done = 0;
  };
  std::atomic<int> inside{0};
  int total = 0;  // guarded by being inside
  CommitQueue queue([&](const std::vector<CommitQueue::Entry*>& group) {
    ASSERT_EQ(inside.fetch_add(1), 0);
    for (CommitQueue::Entry* entry : group) {
      ++static_cast<Numbered*>(entry)->done;
      ++total;
    }
    if (total % 7 == 0) std::this_thread::yield();
    inside.fetch_sub(1);
  });
  constexpr int kThreads = 8;
  constexpr int kEntries = 3000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEntries; ++i) {
        Numbered entry;
        queue.Enter(&entry);
        ASSERT_EQ(entry.done, 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(total, kThreads * kEntries);
}

// Test vectors: these bytes are on disks.
TEST(CommitRecord, BytesAreFixed) {
  std::string record;
  EncodeLogHead(258, (uint64_t{1} << 32) + 2, -1, &record);
  record += "xy";
  EXPECT_EQ(record, std::string("\x01\x02\x01\0\0\0\0\0\0\x02\0\0\0\x01\0\0\0"
                                "\xff\xff\xff\xff\xff\xff\xff\xffxy",
                                27));
  LogEntry entry;
  ASSERT_TRUE(DecodeLogRecord(record, &entry));
  EXPECT_EQ(entry.number, 258u);
  EXPECT_EQ(entry.timestamp, (uint64_t{1} << 32) + 2);
  EXPECT_EQ(entry.wall_ms, -1);
  EXPECT_EQ(entry.record, "xy");
  EXPECT_FALSE(DecodeLogRecord(record.substr(0, 24), &entry));
  record[0] = 2;
  EXPECT_FALSE(DecodeLogRecord(record, &entry));
  std::string last_commit;
  EncodeLastCommit({1, 2}, &last_commit);
  EXPECT_EQ(last_commit, std::string("\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", 16));
  EXPECT_FALSE(DecodeLastCommit("short"));
  std::string counts;
  EncodeCounts({{3, -1}, {1, 2}}, &counts);
  EXPECT_EQ(counts, std::string("\x03\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"
                                "\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0",
                                32));
  EXPECT_FALSE(DecodeCounts("short"));
  EXPECT_EQ(EncodeHighWater({1, 2}).substr(0, 24),
            std::string("CAIRNHW1\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", 24));
  EXPECT_EQ(EncodeHighWater({258, 3}).substr(24), "\xca\x88\xb1\x5f\xe5\x83\x26\xcd");
  // An entry of SYNCED_SIZES.
  const std::string size_entry("\x05\0\0\0\0\0\0\x80\xe7\x02\0\0\0\0\0\0", 16);
  std::string checksum;
  base::AppendLittle<uint64_t>(&checksum, Fnv1a(size_entry));
  EXPECT_EQ(checksum, "\xdd\xd4\x87\x25\x8b\x26\xca\x77");
}

std::unique_ptr<FaultyStore> MakeFaulty() {
  OpenOptions options;
  options.in_memory = true;
  return std::make_unique<FaultyStore>(MustOpen(options));
}

TEST(FaultyStore, ScriptedFaultsDoWhatTheySay) {
  struct Case {
    Fault fault;
    ErrorCode code;
    bool applied;
  };
  const Case cases[] = {
      {Fault::kUnknownApplied, ErrorCode::kCommitOutcomeUnknown, true},
      {Fault::kUnknownNotApplied, ErrorCode::kCommitOutcomeUnknown, false},
      {Fault::kUnavailable, ErrorCode::kOutOfDiskSpace, false},
      {Fault::kConflict, ErrorCode::kWriteConflict, false},
      {Fault::kSlow, ErrorCode::kOk, true},
      {Fault::kNone, ErrorCode::kOk, true},
  };
  const std::unique_ptr<FaultyStore> store = MakeFaulty();
  for (const Case& test : cases) {
    store->Script(test.fault);
    const std::string key = "key" + std::to_string(static_cast<int>(test.fault));
    std::unique_ptr<Transaction> transaction = store->Begin({});
    ASSERT_TRUE(transaction->Put(Family::kDocuments, key, "v").ok());
    const Result<CommitNumber> committed = store->Commit(std::move(transaction));
    EXPECT_EQ(committed.status().code(), test.code);
    EXPECT_EQ(GetOr(store.get(), key, "none"), test.applied ? "v" : "none");
  }
  store->Script(Fault::kReadFails);
  PinnedValue value;
  EXPECT_EQ(store->Get(Family::kDocuments, "a", &value).status().code(),
            ErrorCode::kOperationFailed);
  store->Script(Fault::kReadFails);
  const std::unique_ptr<Reader> reader = store->NewSnapshot();
  const std::unique_ptr<Scan> scan = reader->NewScan(Family::kDocuments, {}, {});
  EXPECT_FALSE(scan->Next());
  EXPECT_EQ(scan->status().code(), ErrorCode::kOperationFailed);
  EXPECT_EQ(store->faults(), 7u);
}

TEST(FaultyStore, RetriesOvercomeConflictsAndNothingElse) {
  const std::unique_ptr<FaultyStore> store = MakeFaulty();
  for (int i = 0; i < 5; ++i) store->Script(Fault::kConflict);
  int runs = 0;
  const auto body = [&](Transaction& transaction) {
    ++runs;
    return transaction.Put(Family::kDocuments, "a", std::to_string(runs));
  };
  EXPECT_TRUE(RunTransaction(store.get(), {}, body).ok());
  EXPECT_EQ(runs, 6);
  EXPECT_EQ(GetOr(store.get(), "a", "none"), "6");
  store->Script(Fault::kUnknownApplied);
  runs = 0;
  EXPECT_EQ(RunTransaction(store.get(), {}, body).status().code(),
            ErrorCode::kCommitOutcomeUnknown);
  EXPECT_EQ(runs, 1);
  runs = 0;
  for (int i = 0; i < kAttemptsMax; ++i) store->Script(Fault::kConflict);
  EXPECT_EQ(RunTransaction(store.get(), {}, body).status().code(), ErrorCode::kWriteConflict);
  EXPECT_EQ(runs, kAttemptsMax);
  runs = 0;
  EXPECT_EQ(RunTransaction(store.get(), {},
                           [&](Transaction&) {
                             ++runs;
                             return Status(ErrorCode::kDuplicateKey, "the body's own");
                           })
                .status()
                .code(),
            ErrorCode::kDuplicateKey);
  EXPECT_EQ(runs, 1);
}

TEST(FaultyStore, DrawnFaultsRepeatWithTheSeed) {
  const auto run = [](uint64_t seed) {
    const std::unique_ptr<FaultyStore> store = MakeFaulty();
    FaultyStore::Chances chances;
    chances.conflict = 100;
    chances.unknown_applied = 100;
    chances.unavailable = 100;
    store->Draw(seed, chances);
    std::string outcomes;
    for (int i = 0; i < 200; ++i) {
      std::unique_ptr<Transaction> transaction = store->Begin({});
      EXPECT_TRUE(transaction->Put(Family::kDocuments, "a", "v").ok());
      outcomes +=
          std::to_string(static_cast<int>(store->Commit(std::move(transaction)).status().code()));
    }
    const uint64_t faults = store->faults();
    EXPECT_GT(faults, 20u);
    EXPECT_LT(faults, 120u);
    store->Stop();
    EXPECT_TRUE(PutOne(store.get(), "a", "v").ok());
    EXPECT_EQ(store->faults(), faults);
    return outcomes;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

}  // namespace
}  // namespace cairn::kv
