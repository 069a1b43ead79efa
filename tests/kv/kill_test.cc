// SPDX-License-Identifier: Apache-2.0
// kill -9 is a normal way to stop: what was acknowledged is there afterwards, and the log has every
// commit once and in order. A simulated loss of power (files cut to what was synced) shows the
// same.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "tests/kv/log_checker.h"
#include "tests/kv/stores.h"

namespace cairn::kv {
namespace {

namespace fs = std::filesystem;

/// Runs the writer until it has acknowledged `lines` commits, kills it, and returns all that it
/// said.
std::string RunAndKill(const std::string& directory, int round, int lines) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execl(CAIRN_KILL_WRITER, CAIRN_KILL_WRITER, directory.c_str(), std::to_string(round).c_str(),
          nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::string said;
  char space[65536];
  bool killed = false;
  ssize_t got = 0;
  while ((got = read(ends[0], space, sizeof(space))) > 0) {
    said.append(space, static_cast<size_t>(got));
    if (!killed && std::count(said.begin(), said.end(), '\n') >= lines) {
      kill(child, SIGKILL);
      killed = true;
    }
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(killed && WIFSIGNALED(status)) << "the writer ended by itself: " << status;
  return said.substr(0, said.find_last_of('\n') + 1);
}

TEST(Kill, NothingAcknowledgedIsLost) {
  TemporaryDirectory directory;
  std::map<CommitNumber, std::string> acknowledged;
  for (int round = 0; round < 4; ++round) {
    std::istringstream lines(RunAndKill(directory.path().string(), round, 1500));
    std::string key;
    CommitNumber number = 0;
    while (lines >> key >> number) EXPECT_TRUE(acknowledged.emplace(number, key).second);
    OpenOptions options = SmallOptions(directory.path().string());
    options.cache_bytes = size_t{4} << 20;
    const std::unique_ptr<Store> store = MustOpen(options);
    ASSERT_NE(store, nullptr);
    ASSERT_GE(store->visible(), acknowledged.rbegin()->first);
    for (const auto& [at, written] : acknowledged) {
      ASSERT_EQ(GetOr(store.get(), written, "lost"), written + std::string(700, '.'));
    }
    const std::unique_ptr<LogReader> reader = store->ReadLog(0).value();
    LogChecker checker(0);
    LogEntry entry;
    while (true) {
      const Result<bool> next = reader->Next(&entry);
      ASSERT_TRUE(next.ok()) << next.status().ToString();
      if (!*next) break;
      ASSERT_EQ(checker.Check(entry), "");
      const auto told = acknowledged.find(entry.number);
      if (told != acknowledged.end()) {
        ASSERT_EQ(told->second, entry.record);
      }
      ASSERT_EQ(GetOr(store.get(), entry.record, "lost").size(), entry.record.size() + 700);
    }
    ASSERT_EQ(checker.last(), store->visible());
  }
}

/// Notes how long each log was when its last sync began: at least that much was synced.
class SyncRecorder final : public FileFaults {
 public:
  explicit SyncRecorder(fs::path directory) : directory_(std::move(directory)) {}

  int Before(Operation operation, std::string_view name) override {
    if (operation != Operation::kSync || !name.ends_with(".log")) return 0;
    std::error_code none;
    const auto size = fs::file_size(directory_ / name, none);
    std::lock_guard lock(mutex_);
    synced_[std::string(name)] = none ? 0 : size;
    return 0;
  }
  std::map<std::string, uintmax_t> synced() {
    std::lock_guard lock(mutex_);
    return synced_;
  }

 private:
  const fs::path directory_;
  std::mutex mutex_;
  std::map<std::string, uintmax_t> synced_;  // guarded by mutex_
};

TEST(PowerLoss, KeepsWhatWasSynced) {
  TemporaryDirectory directory;
  SyncRecorder recorder(directory.path());
  OpenOptions options = SmallOptions(directory.path().string());
  options.sync_interval_ms = 3'600'000;  // only those who wait sync
  options.file_faults = &recorder;
  const std::unique_ptr<Store> store = MustOpen(options);
  ASSERT_NE(store, nullptr);
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int t = 0; t < 3; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; !stop && i < 4000; ++i) {
        const CommitNumber number =
            PutOne(store.get(), NumberKey(i * 10 + t), "value", std::to_string(i)).value();
        if (i % 3 == t) {
          EXPECT_TRUE(store->WaitDurable(number).ok());
        }
      }
    });
  }
  for (int round = 0; round < 10; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
    const CommitNumber durable = store->durable();
    const std::map<std::string, uintmax_t> synced = recorder.synced();
    TemporaryDirectory copy;
    fs::copy(directory.path(), copy.path(),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    for (const auto& file : fs::directory_iterator(copy.path())) {
      if (file.path().extension() != ".log") continue;
      const auto known = synced.find(file.path().filename().string());
      fs::resize_file(file.path(), known == synced.end() ? 0 : known->second);
    }
    OpenOptions copied = SmallOptions(copy.path().string());
    const std::unique_ptr<Store> survivor = MustOpen(copied);
    ASSERT_NE(survivor, nullptr);
    EXPECT_GE(survivor->visible(), durable);
    LogChecker checker(0);
    LogEntry entry;
    const std::unique_ptr<LogReader> reader = survivor->ReadLog(0).value();
    while (*reader->Next(&entry)) ASSERT_EQ(checker.Check(entry), "");
    EXPECT_EQ(checker.last(), survivor->visible());
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
}

}  // namespace
}  // namespace cairn::kv
