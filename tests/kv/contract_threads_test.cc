// SPDX-License-Identifier: Apache-2.0
// What every store owes to many threads at once. Run on each backend.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "tests/kv/store_fixture.h"

namespace cairn::kv {
namespace {

class StoreUnderThreads : public StoreFixture {};
CAIRN_ON_ALL_BACKENDS(StoreUnderThreads);

TEST_P(StoreUnderThreads, TwoInsertersCollide) {
  constexpr int kKeys = 200;
  constexpr int kThreads = 4;
  std::atomic<int> inserted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int k = 0; k < kKeys; ++k) {
        bool mine = false;
        const Result<CommitNumber> committed =
            RunTransaction(store_.get(), {}, [&](Transaction& transaction) {
              PinnedValue value;
              const Result<bool> found =
                  transaction.GetForUpdate(Family::kDocuments, NumberKey(k), &value);
              if (!found.ok()) return found.status();
              mine = !*found;
              return mine ? transaction.Put(Family::kDocuments, NumberKey(k), std::to_string(t))
                          : Status::Ok();
            });
        EXPECT_TRUE(committed.ok()) << committed.status().ToString();
        if (mine) ++inserted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inserted, kKeys);
  EXPECT_EQ(store_->visible(), static_cast<CommitNumber>(kKeys));
}

TEST_P(StoreUnderThreads, LatchesInOppositeOrdersDoNotDeadlock) {
  constexpr int kRounds = 100;
  constexpr int kKeys = 30;  // past the linear list of held stripes
  const auto work = [&](bool backwards) {
    for (int round = 0; round < kRounds; ++round) {
      const Result<CommitNumber> committed =
          RunTransaction(store_.get(), {}, [&](Transaction& transaction) {
            for (int i = 0; i < kKeys; ++i) {
              const std::string key = NumberKey(backwards ? kKeys - i : i + 1);
              PinnedValue value;
              const Result<bool> found = transaction.GetForUpdate(Family::kDocuments, key, &value);
              if (!found.ok()) return found.status();
              const int before = *found ? std::stoi(std::string(value.view())) : 0;
              const Status put =
                  transaction.Put(Family::kDocuments, key, std::to_string(before + 1));
              if (!put.ok()) return put;
            }
            return Status::Ok();
          });
      ASSERT_TRUE(committed.ok()) << committed.status().ToString();
    }
  };
  std::thread forwards(work, false);
  std::thread backwards(work, true);
  std::thread more(work, true);
  forwards.join();
  backwards.join();
  more.join();
  for (int i = 1; i <= kKeys; ++i) {
    EXPECT_EQ(GetOr(store_.get(), NumberKey(i), "0"), std::to_string(3 * kRounds));
  }
}

TEST_P(StoreUnderThreads, CountersAreExact) {
  constexpr int kThreads = 8;
  constexpr int kIncrements = 150;
  for (const bool snapshot : {false, true}) {
    const std::string key = snapshot ? "snapshot" : "newest";
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kIncrements;) {
          const Result<CommitNumber> committed =
              RunTransaction(store_.get(), {.snapshot = snapshot}, [&](Transaction& transaction) {
                PinnedValue value;
                const Result<bool> found =
                    transaction.GetForUpdate(Family::kDocuments, key, &value);
                if (!found.ok()) return found.status();
                const int before = *found ? std::stoi(std::string(value.view())) : 0;
                transaction.AddCounts(7, 1, 10);
                return transaction.Put(Family::kDocuments, key, std::to_string(before + 1));
              });
          // Optimistic snapshots may lose 64 times in a row; that too leaves nothing behind.
          if (committed.ok()) {
            ++i;
          } else {
            ASSERT_EQ(committed.status().code(), ErrorCode::kWriteConflict);
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(GetOr(store_.get(), key, "0"), std::to_string(kThreads * kIncrements));
  }
  EXPECT_EQ(store_->GetCounts(7).documents, 2 * kThreads * kIncrements);
  EXPECT_EQ(store_->GetCounts(7).bytes, 20 * kThreads * kIncrements);
}

TEST_P(StoreUnderThreads, TicketsCompleteOnceAndInOrder) {
  constexpr int kCommits = 200;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<CommitNumber> at_once;  // on this thread: known to be durable already
  std::vector<CommitNumber> later;
  const std::thread::id here = std::this_thread::get_id();
  for (int i = 0; i < kCommits; ++i) {
    const CommitNumber number = PutOne(store_.get(), NumberKey(i), "x").value();
    store_->WhenDurable(number, [&, number](const Status& status) {
      EXPECT_TRUE(status.ok()) << status.ToString();
      EXPECT_GE(store_->durable(), number);
      std::lock_guard lock(mutex);
      (std::this_thread::get_id() == here ? at_once : later).push_back(number);
      changed.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(30),
                               [&] { return at_once.size() + later.size() == kCommits; }));
  EXPECT_TRUE(std::is_sorted(later.begin(), later.end()));
  std::set<CommitNumber> once(at_once.begin(), at_once.end());
  once.insert(later.begin(), later.end());
  EXPECT_EQ(once.size(), static_cast<size_t>(kCommits));
}

TEST_P(StoreUnderThreads, WaitDurableFromManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const CommitNumber number = PutOne(store_.get(), NumberKey(t * 100 + i), "x").value();
        EXPECT_TRUE(store_->WaitDurable(number).ok());
        EXPECT_GE(store_->durable(), number);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_->visible(), 200u);
  EXPECT_EQ(store_->durable(), 200u);
  EXPECT_EQ(store_->WaitDurable(201).code(), ErrorCode::kBadValue);
}

TEST_P(StoreUnderThreads, UnwaitedCommitsBecomeDurable) {
  ASSERT_TRUE(PutOne(store_.get(), "a", "1").ok());
  EXPECT_TRUE(store_->WaitLog(0, 30'000));
  EXPECT_EQ(store_->durable(), 1u);
  EXPECT_FALSE(store_->WaitLog(1, 10));
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ASSERT_TRUE(PutOne(store_.get(), "a", "2").ok());
  });
  EXPECT_TRUE(store_->WaitLog(1, 30'000));
  writer.join();
}

TEST_P(StoreUnderThreads, NumbersAreContiguousAndTimestampsAscend) {
  constexpr int kThreads = 8;
  constexpr int kCommits = 200;
  std::mutex mutex;
  std::set<CommitNumber> numbers;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      CommitNumber last = 0;
      for (int i = 0; i < kCommits; ++i) {
        const CommitNumber number = PutOne(store_.get(), NumberKey(t * kCommits + i), "x").value();
        EXPECT_GT(number, last);
        EXPECT_GE(store_->visible(), number);
        last = number;
        std::lock_guard lock(mutex);
        EXPECT_TRUE(numbers.insert(number).second);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(numbers.size(), static_cast<size_t>(kThreads * kCommits));
  EXPECT_EQ(*numbers.rbegin(), static_cast<CommitNumber>(kThreads * kCommits));
  ASSERT_TRUE(store_->WaitDurable(store_->visible()).ok());
  const std::unique_ptr<LogReader> reader = store_->ReadLog(0).value();
  LogEntry entry;
  CommitNumber expected = 1;
  uint64_t timestamp = 0;
  for (; *reader->Next(&entry); ++expected) {
    EXPECT_EQ(entry.number, expected);
    EXPECT_GT(entry.timestamp, timestamp);
    EXPECT_LE(entry.timestamp >> 32, static_cast<uint64_t>(entry.wall_ms / 1000) + 1);
    timestamp = entry.timestamp;
  }
  EXPECT_EQ(expected - 1, numbers.size());
}

TEST_P(StoreUnderThreads, SnapshotNumbersAreExact) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int t = 0; t < 3; ++t) {
    writers.emplace_back([&, t] {
      while (!stop) {
        const Result<CommitNumber> committed =
            RunTransaction(store_.get(), {}, [&](Transaction& transaction) {
              return transaction.Put(Family::kDocuments, NumberKey(t), "x");
            });
        EXPECT_TRUE(committed.ok());
        // Each commit notes its number in a second one, so that a snapshot shows what it sees.
        EXPECT_TRUE(
            PutOne(store_.get(), "seen" + std::to_string(t), std::to_string(*committed)).ok());
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    const std::unique_ptr<Reader> snapshot = store_->NewSnapshot();
    PinnedValue last;
    ASSERT_TRUE(snapshot->Get(Family::kCatalog, key::LastCommitKey(), &last).ok());
    if (!last.found()) continue;
    EXPECT_EQ(base::LoadLittle<uint64_t>(last.view().data()), snapshot->read_number());
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
}

}  // namespace
}  // namespace cairn::kv
