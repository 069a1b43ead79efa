// SPDX-License-Identifier: Apache-2.0
// The commit log: tailing under load, across ingestion and reopening, retention and pins, holes.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/kv/log_checker.h"
#include "tests/kv/stores.h"

namespace cairn::kv {
namespace {

namespace fs = std::filesystem;

/// Small buffers, so that memtables are flushed and logs archived all the time.
OpenOptions TinyBuffers(const std::string& path) {
  OpenOptions options = SmallOptions(path);
  options.cache_bytes = size_t{4} << 20;
  return options;
}

std::string ValueFor(std::string_view key) {
  std::string value(key);
  while (value.size() < 900) value += key;
  return value;
}

std::vector<fs::path> ArchivedLogs(const fs::path& directory) {
  std::vector<fs::path> logs;
  std::error_code none;
  for (const auto& file : fs::directory_iterator(directory / "archive", none)) {
    logs.push_back(file.path());
  }
  std::sort(logs.begin(), logs.end());
  return logs;
}

/// Commits until `logs` logs are archived.
void FillUntilArchived(Store* store, const fs::path& directory, size_t logs) {
  for (int i = 0; ArchivedLogs(directory).size() < logs; ++i) {
    ASSERT_LT(i, 200'000);
    const std::string key = NumberKey(i % 5000);
    ASSERT_TRUE(PutOne(store, key, ValueFor(key), key).ok());
  }
}

/// Reads everything durable and checks it; returns the status that ended the reading, ok at the
/// end.
Status ReadAll(Store* store, LogChecker* checker) {
  Result<std::unique_ptr<LogReader>> reader = store->ReadLog(checker->last());
  if (!reader.ok()) return reader.status();
  LogEntry entry;
  while (true) {
    const Result<bool> next = (*reader)->Next(&entry);
    if (!next.ok()) return next.status();
    if (!*next) return Status::Ok();
    const std::string wrong = checker->Check(entry);
    if (!wrong.empty()) return Status(ErrorCode::kInternalError, wrong);
  }
}

TEST(LogChecker, CatchesPlantedBugs) {
  const auto check = [](std::initializer_list<std::pair<CommitNumber, uint64_t>> stream) {
    LogChecker checker(0);
    for (const auto& [number, timestamp] : stream) {
      LogEntry entry;
      entry.number = number;
      entry.timestamp = timestamp;
      if (!checker.Check(entry).empty()) return false;
    }
    return true;
  };
  EXPECT_TRUE(check({{1, 10}, {2, 11}, {3, 12}}));
  EXPECT_FALSE(check({{1, 10}, {3, 11}}));           // a gap
  EXPECT_FALSE(check({{1, 10}, {2, 11}, {2, 12}}));  // a duplicate
  EXPECT_FALSE(check({{1, 10}, {2, 11}, {1, 12}}));  // out of order
  EXPECT_FALSE(check({{2, 10}}));                    // a lost beginning
  EXPECT_FALSE(check({{1, 10}, {2, 10}}));           // a timestamp twice
}

class LogTailing : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Places, LogTailing, testing::Bool(),
                         [](const auto& info) { return info.param ? "Memory" : "Disk"; });

TEST_P(LogTailing, UnderEightWritersFlushesAndIngestion) {
  constexpr int kWriters = 8;
  constexpr int kCommits = 700;
  TemporaryDirectory directory;
  OpenOptions options = TinyBuffers(directory.path().string());
  options.in_memory = GetParam();
  const std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  const std::shared_ptr<void> pin = store->PinLog(0);
  std::thread tail([&] {
    const std::unique_ptr<LogReader> reader = store->ReadLog(0).value();
    LogChecker checker(0);
    LogEntry entry;
    while (checker.last() < kWriters * kCommits) {
      const Result<bool> next = reader->Next(&entry);
      ASSERT_TRUE(next.ok()) << next.status().ToString();
      if (!*next) {
        ASSERT_TRUE(store->WaitLog(checker.last(), 30'000));
        continue;
      }
      ASSERT_EQ(checker.Check(entry), "");
      ASSERT_LE(entry.number, store->durable());
      std::string_view value;
      ASSERT_TRUE(reader->FindPut(Family::kDocuments, entry.record, &value));
      ASSERT_EQ(value, ValueFor(entry.record));
    }
  });
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kCommits; ++i) {
        const std::string key = NumberKey(w * kCommits + i);
        ASSERT_TRUE(PutOne(store.get(), key, ValueFor(key), key).ok());
      }
    });
  }
  for (uint64_t round = 0; round < 5; ++round) {
    uint64_t next = 0;
    std::string key;
    ASSERT_TRUE(store
                    ->Ingest(Family::kIndexes,
                             [&](std::string_view* k, std::string_view* v) -> Result<bool> {
                               if (next == 100) return false;
                               key = NumberKey(round * 100 + next++);
                               *k = key;
                               *v = "i";
                               return true;
                             })
                    .ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(store->WaitDurable(store->visible()).ok());
  tail.join();
  uint64_t flushes = 0;
  for (const auto& [name, value] : store->Metrics()) flushes += name == "flushes" ? value : 0;
  EXPECT_GT(flushes, 0u);
}

TEST(Log, GoesOnAcrossReopening) {
  TemporaryDirectory directory;
  const OpenOptions options = TinyBuffers(directory.path().string());
  LogChecker all(0);
  LogChecker tail(0);
  for (int round = 0; round < 6; ++round) {
    const std::unique_ptr<Store> store = MustOpen(options);
    ASSERT_NE(store, nullptr);
    for (int i = 0; i < 600; ++i) {
      const std::string key = NumberKey(round * 1000 + i);
      ASSERT_TRUE(PutOne(store.get(), key, ValueFor(key), key).ok());
    }
    ASSERT_TRUE(store->WaitDurable(store->visible()).ok());
    const Status read = ReadAll(store.get(), &tail);
    ASSERT_TRUE(read.ok()) << read.ToString();
    ASSERT_EQ(tail.last(), 600u * (round + 1));
    all = LogChecker(0);
    ASSERT_TRUE(ReadAll(store.get(), &all).ok());
    ASSERT_EQ(all.last(), tail.last());
    // Any position in the middle, near the sparse ones too.
    for (const CommitNumber after : {CommitNumber{1}, CommitNumber{599}, CommitNumber{600},
                                     store->visible() / 2, store->visible() - 1}) {
      LogChecker part(after);
      ASSERT_TRUE(ReadAll(store.get(), &part).ok());
      ASSERT_EQ(part.last(), store->visible());
    }
  }
}

TEST(Log, RetentionPassesAndPinsHold) {
  TemporaryDirectory directory;
  OpenOptions options = TinyBuffers(directory.path().string());
  options.log_bytes = 1 << 20;
  std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  std::shared_ptr<void> pin = store->PinLog(0);
  FillUntilArchived(store.get(), directory.path(), 5);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // upkeep has had its chance
  ASSERT_TRUE(store->WaitDurable(store->visible()).ok());
  LogChecker pinned(0);
  const Status read = ReadAll(store.get(), &pinned);
  ASSERT_TRUE(read.ok()) << read.ToString();
  EXPECT_EQ(pinned.last(), store->visible());
  EXPECT_GE(ArchivedLogs(directory.path()).size(), 5u);

  pin.reset();
  for (int i = 0; i < 300 && ArchivedLogs(directory.path()).size() > 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_LE(ArchivedLogs(directory.path()).size(), 2u);
  for (int round = 0; round < 2; ++round) {
    LogChecker lost(0);
    EXPECT_EQ(ReadAll(store.get(), &lost).code(), ErrorCode::kChangeStreamHistoryLost);
    LogChecker recent(store->visible() - 10);
    EXPECT_TRUE(ReadAll(store.get(), &recent).ok());
    EXPECT_EQ(recent.last(), store->visible());
    store.reset();
    store = MustOpen(options);
    ASSERT_NE(store, nullptr);
  }
  pin = store->PinLog(0);
  store.reset();
  pin.reset();  // a handle may outlive its store
}

TEST(Log, AgeIsRetentionToo) {
  class LateClock final : public base::Clock {
   public:
    int64_t WallMs() override { return System()->WallMs() + ahead_ms_; }
    int64_t MonotonicUs() override { return System()->MonotonicUs(); }
    uint64_t Random() override { return System()->Random(); }
    std::atomic<int64_t> ahead_ms_{0};
  };
  LateClock clock;
  TemporaryDirectory directory;
  OpenOptions options = TinyBuffers(directory.path().string());
  options.log_seconds = 1000;
  options.clock = &clock;
  const std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  FillUntilArchived(store.get(), directory.path(), 3);
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  EXPECT_GE(ArchivedLogs(directory.path()).size(), 3u);
  clock.ahead_ms_ = 2'000'000;
  for (int i = 0; i < 300 && !ArchivedLogs(directory.path()).empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_TRUE(ArchivedLogs(directory.path()).empty());
  LogChecker lost(0);
  EXPECT_EQ(ReadAll(store.get(), &lost).code(), ErrorCode::kChangeStreamHistoryLost);
}

TEST(Log, MissingFileIsAHoleAndNotSilence) {
  TemporaryDirectory directory;
  const OpenOptions options = TinyBuffers(directory.path().string());
  std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  FillUntilArchived(store.get(), directory.path(), 4);
  store.reset();
  const std::vector<fs::path> logs = ArchivedLogs(directory.path());
  ASSERT_GE(logs.size(), 4u);
  fs::remove(logs[2]);
  store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  LogChecker checker(0);
  const Status read = ReadAll(store.get(), &checker);
  EXPECT_EQ(read.code(), ErrorCode::kDataCorruptionDetected) << read.ToString();
  EXPECT_GT(checker.last(), 0u);
  EXPECT_LT(checker.last(), store->visible());
  // The beginning being gone is what retention does: that is another error.
  store.reset();
  fs::remove(logs[0]);
  store = MustOpen(options);
  LogChecker early(0);
  EXPECT_EQ(ReadAll(store.get(), &early).code(), ErrorCode::kChangeStreamHistoryLost);
}

TEST(Log, FlippedBitInAnArchivedLogIsFound) {
  TemporaryDirectory directory;
  const OpenOptions options = TinyBuffers(directory.path().string());
  std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  FillUntilArchived(store.get(), directory.path(), 4);
  store.reset();
  const fs::path damaged = ArchivedLogs(directory.path())[1];
  {
    std::fstream file(damaged, std::ios::in | std::ios::out | std::ios::binary);
    const auto place = static_cast<std::streamoff>(fs::file_size(damaged) / 2);
    file.seekg(place);
    const char byte = static_cast<char>(file.get() ^ 0x10);
    file.seekp(place);
    file.put(byte);
  }
  store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  LogChecker checker(0);
  const Status read = ReadAll(store.get(), &checker);
  EXPECT_EQ(read.code(), ErrorCode::kDataCorruptionDetected) << read.ToString();
  EXPECT_GT(checker.last(), 0u);
}

// A read that goes on keeps the memtables that it began with, whatever is flushed: who writes
// beside it, or because of it, must not wait for memory that the read gives back only later.
TEST(Buffers, AreNotAwaitedWhileAReadKeepsThem) {
  TemporaryDirectory directory;
  const std::unique_ptr<Store> store = MustOpen(TinyBuffers(directory.path().string()));
  ASSERT_NE(store, nullptr);
  std::vector<std::unique_ptr<Reader>> readers;
  std::vector<std::unique_ptr<Scan>> scans;
  for (int i = 0; i < 4000; ++i) {
    const std::string key = "a" + std::to_string(i);
    ASSERT_TRUE(PutOne(store.get(), key, ValueFor(key), key).ok());
    if (i % 400 != 399) continue;
    readers.push_back(store->NewSnapshot());
    scans.push_back(readers.back()->NewScan(Family::kDocuments, {}, {}));
    ASSERT_TRUE(scans.back()->Next());
  }
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 2000; ++i) {
    const std::string key = "b" + std::to_string(i);
    ASSERT_TRUE(PutOne(store.get(), key, ValueFor(key), key).ok());
  }
  // Each wait in vain would take a minute.
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(30));
  for (const std::unique_ptr<Scan>& scan : scans) EXPECT_TRUE(scan->Next());
}

}  // namespace
}  // namespace cairn::kv
