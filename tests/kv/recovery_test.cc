// SPDX-License-Identifier: Apache-2.0
// Opening after damage, the high-water mark, locks and versions; failed syncs and full disks.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <mutex>
#include <thread>

#include "engine/kv/commit_record.h"
#include "tests/kv/log_checker.h"
#include "tests/kv/stores.h"

namespace cairn::kv {
namespace {

namespace fs = std::filesystem;

/// The newest write-ahead log that holds anything.
fs::path NewestLog(const fs::path& directory) {
  fs::path newest;
  for (const auto& file : fs::directory_iterator(directory)) {
    if (file.path().extension() == ".log" && file.file_size() > 0 && file.path() > newest) {
      newest = file.path();
    }
  }
  return newest;
}

void Flip(const fs::path& path, uintmax_t place) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(place));
  const char byte = static_cast<char>(file.get() ^ 0x04);
  file.seekp(static_cast<std::streamoff>(place));
  file.put(byte);
}

void Copy(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

Status OpenStatus(const OpenOptions& options) {
  const Result<std::unique_ptr<Store>> opened = OpenRocksDb(options);
  return opened.ok() ? Status::Ok() : opened.status();
}

/// A closed store of `commits` synced commits, with its mark at the last one.
void MakeStore(const fs::path& directory, int commits) {
  const std::unique_ptr<Store> store = MustOpen(SmallOptions(directory.string()));
  ASSERT_NE(store, nullptr);
  for (int i = 1; i <= commits; ++i) {
    ASSERT_TRUE(PutOne(store.get(), NumberKey(i), std::string(100, 'v')).ok());
  }
}

class DamagedLog : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Percent, DamagedLog, testing::Values(3, 30, 60, 95));

TEST_P(DamagedLog, FlippedBelowTheMarkIsRefused) {
  TemporaryDirectory directory;
  MakeStore(directory.path(), 500);
  const fs::path log = NewestLog(directory.path());
  Flip(log, fs::file_size(log) * GetParam() / 100);
  OpenOptions options = SmallOptions(directory.path().string());
  for (int attempt = 0; attempt < 2; ++attempt) {  // and a refusal changes nothing
    const Status refused = OpenStatus(options);
    EXPECT_EQ(refused.code(), ErrorCode::kDataCorruptionDetected);
    EXPECT_NE(refused.message().find(log.filename().string()), std::string::npos)
        << refused.message();
    EXPECT_NE(refused.message().find("--accept-data-loss"), std::string::npos);
  }
  options.accept_data_loss = true;
  CommitNumber kept = 0;
  {
    const std::unique_ptr<Store> store = MustOpen(options);
    ASSERT_NE(store, nullptr);
    kept = store->visible();
    EXPECT_LT(kept, 500u);
    EXPECT_EQ(*PutOne(store.get(), "new", "1"), kept + 1);
  }
  options.accept_data_loss = false;
  const std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->visible(), kept + 1);
  EXPECT_EQ(GetOr(store.get(), "new", "none"), "1");
  LogChecker checker(kept);
  const std::unique_ptr<LogReader> reader = store->ReadLog(kept).value();
  LogEntry entry;
  ASSERT_TRUE(*reader->Next(&entry));
  EXPECT_EQ(checker.Check(entry), "");
  const Result<bool> lost = store->ReadLog(0).value()->Next(&entry);
  EXPECT_EQ(lost.status().code(), ErrorCode::kChangeStreamHistoryLost);
}

TEST_P(DamagedLog, TruncatedBelowTheMarkIsRefused) {
  TemporaryDirectory directory;
  MakeStore(directory.path(), 500);
  const fs::path log = NewestLog(directory.path());
  fs::resize_file(log, fs::file_size(log) * GetParam() / 100);
  OpenOptions options = SmallOptions(directory.path().string());
  Status refused = OpenStatus(options);
  EXPECT_EQ(refused.code(), ErrorCode::kDataCorruptionDetected);
  EXPECT_NE(refused.message().find(log.filename().string()), std::string::npos)
      << refused.message();
  EXPECT_EQ(OpenStatus(options).code(), ErrorCode::kDataCorruptionDetected);
  options.accept_data_loss = true;
  EXPECT_TRUE(OpenStatus(options).ok());
  options.accept_data_loss = false;
  EXPECT_TRUE(OpenStatus(options).ok());
}

TEST_P(DamagedLog, DamageAboveTheMarkIsLoggedAndDropped) {
  TemporaryDirectory directory;
  TemporaryDirectory copies;
  const fs::path copy = copies.path() / "copy";
  OpenOptions options = SmallOptions(directory.path().string());
  options.sync_interval_ms = 3'600'000;
  const std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  for (int i = 1; i <= 300; ++i) ASSERT_TRUE(PutOne(store.get(), NumberKey(i), "synced").ok());
  ASSERT_TRUE(store->WaitDurable(300).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(400));  // the mark is written
  const fs::path log = NewestLog(directory.path());
  const uintmax_t synced = fs::file_size(log);
  for (int i = 301; i <= 600; ++i) {
    ASSERT_TRUE(PutOne(store.get(), NumberKey(i), std::string(50, 'u')).ok());
  }
  const uintmax_t all = fs::file_size(log);
  Copy(directory.path(), copy);
  // In a value: a flipped length near the end would look like a torn tail, and be dropped as one.
  std::ifstream file(log, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const size_t place = bytes.find("uuuu", synced + (all - synced) * GetParam() / 100);
  ASSERT_NE(place, std::string::npos);
  Flip(copy / log.filename(), place);
  OpenOptions copied = SmallOptions(copy.string());
  std::mutex mutex;
  std::string logged;
  copied.log = [&](LogLevel, std::string_view message) {
    std::lock_guard lock(mutex);
    logged += std::string(message) + "\n";
  };
  const std::unique_ptr<Store> survivor = MustOpen(copied);
  ASSERT_NE(survivor, nullptr);
  EXPECT_GE(survivor->visible(), 300u);
  EXPECT_LT(survivor->visible(), 600u);
  {
    std::lock_guard lock(mutex);
    EXPECT_NE(logged.find(log.filename().string() + " is damaged"), std::string::npos) << logged;
  }
  for (int i = 1; i <= 300; ++i) {
    ASSERT_EQ(GetOr(survivor.get(), NumberKey(i), "lost"), "synced");
  }
  // Numbers go on behind the damage, and the log never shows what the damaged file held.
  const CommitNumber kept = survivor->visible();
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(*PutOne(survivor.get(), "n", std::to_string(i), "new"), kept + 1 + i);
  }
  ASSERT_TRUE(survivor->WaitDurable(kept + 20).ok());
  LogChecker checker(kept);
  const std::unique_ptr<LogReader> reader = survivor->ReadLog(kept).value();
  LogEntry entry;
  while (*reader->Next(&entry)) {
    ASSERT_EQ(checker.Check(entry), "");
    ASSERT_EQ(entry.record, "new");
  }
  EXPECT_EQ(checker.last(), kept + 20);
}

TEST(TornTail, IsDroppedWithoutAWord) {
  TemporaryDirectory directory;
  TemporaryDirectory copies;
  const fs::path copy = copies.path() / "copy";
  OpenOptions options = SmallOptions(directory.path().string());
  options.sync_interval_ms = 3'600'000;
  const std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  for (int i = 1; i <= 10; ++i) ASSERT_TRUE(PutOne(store.get(), NumberKey(i), "v").ok());
  ASSERT_TRUE(store->WaitDurable(10).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ASSERT_TRUE(PutOne(store.get(), "torn", std::string(500, 't')).ok());
  const fs::path log = NewestLog(directory.path());
  for (const uintmax_t cut : {1, 10, 100, 500}) {
    Copy(directory.path(), copy);
    fs::resize_file(copy / log.filename(), fs::file_size(log) - cut);
    const std::unique_ptr<Store> survivor = MustOpen(SmallOptions(copy.string()));
    ASSERT_NE(survivor, nullptr);
    EXPECT_EQ(survivor->visible(), 10u);
    ASSERT_EQ(*PutOne(survivor.get(), "again", "1"), 11u);
    ASSERT_TRUE(survivor->WaitDurable(11).ok());
    LogChecker checker(0);
    LogEntry entry;
    const std::unique_ptr<LogReader> reader = survivor->ReadLog(0).value();
    while (*reader->Next(&entry)) ASSERT_EQ(checker.Check(entry), "");
    EXPECT_EQ(checker.last(), 11u);
  }
}

TEST(HighWater, TornSlotLeavesTheOther) {
  const std::string one = EncodeHighWater({41, 7});
  ASSERT_EQ(one.size(), kHighWaterSlotBytes);
  ASSERT_TRUE(DecodeHighWater(one));
  EXPECT_EQ(DecodeHighWater(one)->number, 41u);
  for (size_t i = 0; i < one.size(); ++i) {
    std::string damaged = one;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(DecodeHighWater(damaged)) << i;
    EXPECT_FALSE(DecodeHighWater(one.substr(0, i))) << i;
  }
  TemporaryDirectory directory;
  MakeStore(directory.path(), 20);
  // The slot written last is lost: the one before it still guards.
  const fs::path mark = directory.path() / "HIGH_WATER";
  ASSERT_TRUE(fs::exists(mark));
  const Status open = OpenStatus(SmallOptions(directory.path().string()));
  EXPECT_TRUE(open.ok()) << open.ToString();
  Flip(mark, kHighWaterSlotStride + 9);
  EXPECT_TRUE(OpenStatus(SmallOptions(directory.path().string())).ok());
}

TEST(HighWater, AllLogsGoneIsRefused) {
  TemporaryDirectory directory;
  MakeStore(directory.path(), 20);
  for (const auto& file : fs::directory_iterator(directory.path())) {
    if (file.path().extension() == ".log") fs::remove(file.path());
  }
  EXPECT_EQ(OpenStatus(SmallOptions(directory.path().string())).code(),
            ErrorCode::kDataCorruptionDetected);
}

TEST(Open, MissingCurrentIsNotANewStore) {
  TemporaryDirectory directory;
  MakeStore(directory.path(), 20);
  fs::rename(directory.path() / "CURRENT", directory.path() / "CURRENT.away");
  const Status refused = OpenStatus(SmallOptions(directory.path().string()));
  EXPECT_EQ(refused.code(), ErrorCode::kDataCorruptionDetected);
  EXPECT_NE(refused.message().find("CURRENT"), std::string::npos);
  fs::rename(directory.path() / "CURRENT.away", directory.path() / "CURRENT");
  EXPECT_TRUE(OpenStatus(SmallOptions(directory.path().string())).ok());
}

TEST(Open, ACurrentThatNamesNoManifestIsNamed) {
  TemporaryDirectory directory;
  MakeStore(directory.path(), 20);
  for (const char* text : {"", "MANIFEST-999999\n", "MANIFEST-000001", "garbage\n"}) {
    std::ofstream(directory.path() / "CURRENT") << text;
    const Status refused = OpenStatus(SmallOptions(directory.path().string()));
    EXPECT_EQ(refused.code(), ErrorCode::kDataCorruptionDetected) << refused.ToString();
    EXPECT_NE(refused.message().find("CURRENT"), std::string::npos) << refused.message();
  }
}

TEST(Open, DamagedTableIsNamedWhenRead) {
  TemporaryDirectory directory;
  MakeStore(directory.path(), 2000);
  { ASSERT_NE(MustOpen(SmallOptions(directory.path().string())), nullptr); }  // flushes
  for (const auto& file : fs::directory_iterator(directory.path())) {
    if (file.path().extension() == ".sst") {
      for (uintmax_t at = 0; at < file.file_size() / 2; at += 512) Flip(file.path(), at);
    }
  }
  const Result<std::unique_ptr<Store>> store = OpenRocksDb(SmallOptions(directory.path().string()));
  Status status = store.ok() ? Status::Ok() : store.status();
  for (int i = 1; status.ok() && i <= 2000; ++i) {
    PinnedValue value;
    const Result<bool> found = (*store)->Get(Family::kDocuments, NumberKey(i), &value);
    if (!found.ok()) status = found.status();
  }
  EXPECT_EQ(status.code(), ErrorCode::kDataCorruptionDetected) << status.ToString();
  EXPECT_EQ(status.message().find(directory.path().string()), std::string::npos);
}

TEST(Open, SecondOpenerIsToldSo) {
  TemporaryDirectory directory;
  const OpenOptions options = SmallOptions(directory.path().string());
  const std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  const Status here = OpenStatus(options);
  EXPECT_EQ(here.code(), ErrorCode::kStoreLocked);
  EXPECT_NE(here.message().find("already open"), std::string::npos);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    execl(CAIRN_KILL_WRITER, CAIRN_KILL_WRITER, directory.path().c_str(), "0", nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_TRUE(PutOne(store.get(), "a", "1").ok());
}

TEST(Open, UnknownVersionIsRefusedByName) {
  TemporaryDirectory directory;
  const OpenOptions options = SmallOptions(directory.path().string());
  {
    const std::unique_ptr<Store> store = MustOpen(options);
    ASSERT_NE(store, nullptr);
    std::string version;
    base::AppendLittle<uint32_t>(&version, 999);
    ASSERT_TRUE(RunTransaction(store.get(), {}, [&](Transaction& transaction) {
                  return transaction.Put(Family::kCatalog, key::FormatVersionKey(), version);
                }).ok());
  }
  const Status refused = OpenStatus(options);
  EXPECT_EQ(refused.code(), ErrorCode::kStoreFormatUnknown);
  EXPECT_NE(refused.message().find("999"), std::string::npos);
}

// Names and sizes of all files below a directory.
std::map<std::string, uintmax_t> Listing(const fs::path& directory) {
  std::map<std::string, uintmax_t> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    files[entry.path().string()] = entry.is_regular_file() ? entry.file_size() : 0;
  }
  return files;
}

TEST(Open, AForeignDirectoryIsRefusedAndLeftAlone) {
  for (const char* name : {"letter.txt", "000005.log", "MANIFEST-000002", "table.sst", ".hidden"}) {
    TemporaryDirectory directory;
    std::ofstream(directory.path() / name) << "mine";
    const auto before = Listing(directory.path());
    const Status refused = OpenStatus(SmallOptions(directory.path().string()));
    EXPECT_EQ(refused.code(), ErrorCode::kStoreFormatUnknown) << refused.ToString();
    EXPECT_NE(refused.message().find(name), std::string::npos) << refused.message();
    EXPECT_EQ(Listing(directory.path()), before);
  }
}

TEST(Open, AnotherProgramsRocksDbIsRefusedAndLeftAlone) {
  TemporaryDirectory directory;
  MakeStore(directory.path(), 20);
  fs::remove(directory.path() / "STORE_LOCK");
  fs::remove(directory.path() / "HIGH_WATER");
  const auto before = Listing(directory.path());
  EXPECT_EQ(OpenStatus(SmallOptions(directory.path().string())).code(),
            ErrorCode::kStoreFormatUnknown);
  EXPECT_EQ(Listing(directory.path()), before);
}

TEST(Open, AnEmptyDirectoryOnAFileSystemOfItsOwnWillDo) {
  TemporaryDirectory directory;
  fs::create_directory(directory.path() / "lost+found");
  EXPECT_TRUE(OpenStatus(SmallOptions(directory.path().string())).ok());
}

TEST(ReadOnly, ShowsWhatIsThereAndChangesNoFile) {
  TemporaryDirectory directory;
  OpenOptions options = SmallOptions(directory.path().string());
  options.read_only = true;
  EXPECT_EQ(OpenStatus(options).code(), ErrorCode::kNamespaceNotFound);
  MakeStore(directory.path(), 20);
  const auto before = Listing(directory.path());
  {
    const std::unique_ptr<Store> store = MustOpen(options);
    ASSERT_NE(store, nullptr);
    PinnedValue value;
    const Result<bool> found = store->Get(Family::kDocuments, NumberKey(20), &value);
    EXPECT_TRUE(found.ok() && *found);
    EXPECT_EQ(PutOne(store.get(), "a", "1").status().code(), ErrorCode::kStoreReadOnly);
    const auto log = store->ReadLog(0);
    ASSERT_TRUE(log.ok());
    LogEntry entry;
    CommitNumber last = 0;
    while (true) {
      const Result<bool> next = (*log)->Next(&entry);
      ASSERT_TRUE(next.ok()) << next.status().ToString();
      if (!*next) break;
      EXPECT_EQ(entry.number, ++last);
    }
    EXPECT_EQ(last, store->visible());
  }
  EXPECT_EQ(Listing(directory.path()), before);
}

TEST(Open, BadPathsAreErrors) {
  EXPECT_EQ(OpenStatus(SmallOptions("")).code(), ErrorCode::kBadValue);
  EXPECT_EQ(OpenStatus(SmallOptions("/dev/null/store")).code(), ErrorCode::kOperationFailed);
}

/// Fails chosen operations.
class Switch final : public FileFaults {
 public:
  int Before(Operation operation, std::string_view name) override {
    if (operation == Operation::kAppend && full_) return ENOSPC;
    if (operation == Operation::kAppend && broken_ && name.ends_with(".log")) return EIO;
    if (operation == Operation::kSync && no_sync_ && name.ends_with(".log")) {
      ++failed_syncs_;
      return EIO;
    }
    return 0;
  }
  std::atomic<bool> full_{false};
  std::atomic<bool> broken_{false};
  std::atomic<bool> no_sync_{false};
  std::atomic<int> failed_syncs_{0};
};

TEST(FailedSync, EndsAcknowledgementsForGood) {
  TemporaryDirectory directory;
  Switch faults;
  OpenOptions options = SmallOptions(directory.path().string());
  options.file_faults = &faults;
  options.sync_interval_ms = 3'600'000;
  std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  ASSERT_TRUE(PutOne(store.get(), "a", "1").ok());
  ASSERT_TRUE(store->WaitDurable(1).ok());
  ASSERT_TRUE(PutOne(store.get(), "a", "2").ok());
  faults.no_sync_ = true;
  std::atomic<int> told{0};
  store->WhenDurable(2, [&](const Status& status) {
    EXPECT_EQ(status.code(), ErrorCode::kCommitOutcomeUnknown);
    ++told;
  });
  EXPECT_EQ(store->WaitDurable(2).code(), ErrorCode::kCommitOutcomeUnknown);
  faults.no_sync_ = false;  // the disk "works" again: that proves nothing about what was lost
  const int failed = faults.failed_syncs_;
  EXPECT_EQ(store->WaitDurable(2).code(), ErrorCode::kCommitOutcomeUnknown);
  EXPECT_EQ(PutOne(store.get(), "a", "3").status().code(), ErrorCode::kStoreReadOnly);
  EXPECT_EQ(store->write_state().code(), ErrorCode::kStoreReadOnly);
  EXPECT_EQ(GetOr(store.get(), "a", "none"), "2");
  EXPECT_EQ(store->durable(), 1u);
  EXPECT_EQ(faults.failed_syncs_, failed);
  for (int i = 0; i < 300 && told == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(told, 1);
  store->WhenDurable(2, [&](const Status& status) {
    EXPECT_EQ(status.code(), ErrorCode::kCommitOutcomeUnknown);
    ++told;
  });
  EXPECT_EQ(told, 2);
  store.reset();
  store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  EXPECT_TRUE(PutOne(store.get(), "a", "4").ok());
}

TEST(FullDisk, WritesAreRefusedAndComeBack) {
  TemporaryDirectory directory;
  Switch faults;
  OpenOptions options = SmallOptions(directory.path().string());
  options.file_faults = &faults;
  std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  CommitNumber committed = 0;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20; ++i) committed = PutOne(store.get(), NumberKey(i), "before").value();
    faults.full_ = true;
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(PutOne(store.get(), NumberKey(i), std::string(200, 'x')).status().code(),
                ErrorCode::kOutOfDiskSpace);
    }
    EXPECT_EQ(store->write_state().code(), ErrorCode::kOutOfDiskSpace);
    EXPECT_EQ(GetOr(store.get(), NumberKey(0), "none"), "before");
    EXPECT_EQ(store->visible(), committed);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    faults.full_ = false;
    Result<CommitNumber> again = PutOne(store.get(), "after", "1");
    for (int i = 0; i < 300 && !again.ok(); ++i) {
      EXPECT_EQ(again.status().code(), ErrorCode::kOutOfDiskSpace) << again.status().ToString();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      again = PutOne(store.get(), "after", "1");
    }
    ASSERT_TRUE(again.ok()) << again.status().ToString();
    EXPECT_EQ(*again, committed + 1);
    EXPECT_TRUE(store->write_state().ok());
    const Status durable = store->WaitDurable(*again);
    EXPECT_TRUE(durable.ok()) << durable.ToString();
  }
  EXPECT_FALSE(store->limits().ingestion);
  int entries = 0;
  const auto one = [&](std::string_view* key, std::string_view* value) -> Result<bool> {
    *key = *value = "entry";
    return entries++ == 0;
  };
  EXPECT_EQ(store->Ingest(Family::kIndexes, one).code(), ErrorCode::kCommandNotSupported);
  for (int round = 0; round < 2; ++round) {
    LogChecker checker(0);
    LogEntry entry;
    const std::unique_ptr<LogReader> reader = store->ReadLog(0).value();
    while (true) {
      const Result<bool> next = reader->Next(&entry);
      ASSERT_TRUE(next.ok()) << next.status().ToString();
      if (!*next) break;
      ASSERT_EQ(checker.Check(entry), "");
      std::string_view value;
      for (int i = 0; i < 20; ++i) {
        if (reader->FindPut(Family::kDocuments, NumberKey(i), &value)) {
          ASSERT_EQ(value, "before");
        }
      }
    }
    EXPECT_EQ(checker.last(), store->visible());
    store.reset();
    store = MustOpen(options);
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(GetOr(store.get(), NumberKey(3), "none"), "before");
  }
}

// Reads a key for update and puts it.
Status Rewrite(Store* store, const std::string& key, const std::string& value) {
  std::unique_ptr<Transaction> transaction = store->Begin({});
  const Result<bool> found = transaction->GetForUpdate(Family::kDocuments, key, nullptr);
  if (!found.ok()) return found.status();
  const Status put = transaction->Put(Family::kDocuments, key, value);
  if (!put.ok()) return put;
  return store->Commit(std::move(transaction)).status();
}

// The commit that failed had marked the key as changed by the next commit's number.
TEST(FullDisk, TryingTheSameKeyAgainIsNoConflict) {
  TemporaryDirectory directory;
  Switch faults;
  OpenOptions options = SmallOptions(directory.path().string());
  options.file_faults = &faults;
  const std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  ASSERT_TRUE(PutOne(store.get(), "other", "1").ok());
  faults.full_ = true;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Rewrite(store.get(), "key", "value").code(), ErrorCode::kOutOfDiskSpace);
  }
  faults.full_ = false;
  Status status = Rewrite(store.get(), "key", "value");
  for (int i = 0; i < 300 && !status.ok(); ++i) {
    EXPECT_EQ(status.code(), ErrorCode::kOutOfDiskSpace) << status.ToString();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    status = Rewrite(store.get(), "key", "value");
  }
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST(BrokenLog, EndsWriting) {
  TemporaryDirectory directory;
  Switch faults;
  OpenOptions options = SmallOptions(directory.path().string());
  options.file_faults = &faults;
  std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  ASSERT_TRUE(PutOne(store.get(), "a", "1").ok());
  ASSERT_TRUE(store->WaitDurable(1).ok());
  faults.broken_ = true;
  EXPECT_EQ(PutOne(store.get(), "a", "2").status().code(), ErrorCode::kCommitOutcomeUnknown);
  faults.broken_ = false;
  EXPECT_EQ(PutOne(store.get(), "a", "3").status().code(), ErrorCode::kStoreReadOnly);
  EXPECT_EQ(GetOr(store.get(), "a", "none"), "1");
  store.reset();
  store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(*PutOne(store.get(), "a", "4"), 2u);
}

}  // namespace
}  // namespace cairn::kv
