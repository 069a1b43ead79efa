// SPDX-License-Identifier: Apache-2.0
// The simulated disk by itself, and what a store does on it that was once wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kv/log_scan.h"
#include "engine/kv/open.h"
#include "tests/harness/checker.h"
#include "tests/harness/opening.h"
#include "tests/harness/rocksdb_simulated_fs.h"
#include "tests/harness/simulated_disk.h"
#include "tests/harness/workload.h"

namespace cairn::harness {
namespace {

std::string Contents(const SimulatedDisk& disk, const std::string& path) {
  return disk.BytesOf(path);
}
bool Has(const SimulatedDisk& disk, const std::string& path) {
  const auto files = disk.Files();
  return std::any_of(files.begin(), files.end(), [&](const auto& f) { return f.first == path; });
}

TEST(SimulatedDisk, KeepsWhatIsSyncedAndLosesTheRest) {
  bool lost = false;
  bool kept = false;
  bool garbled = false;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SimulatedDisk disk;
    SimulatedDisk::FilePtr file;
    ASSERT_EQ(disk.Create("/f", &file), 0);
    ASSERT_EQ(disk.Append(file, "synced"), 0);
    ASSERT_EQ(disk.Sync(file), 0);
    ASSERT_EQ(disk.SyncDirectory("/"), 0);
    ASSERT_EQ(disk.Append(file, "unsynced"), 0);
    Random random(seed);
    disk.PowerLoss(&random);
    const std::string bytes = Contents(disk, "/f");
    ASSERT_TRUE(bytes.starts_with("synced")) << "seed " << seed;
    lost |= bytes.size() < 14;
    kept |= bytes == "syncedunsynced";
    garbled |= bytes.size() == 14 && bytes != "syncedunsynced";
  }
  EXPECT_TRUE(lost && kept && garbled);
}

TEST(SimulatedDisk, ANameLastsOnceItsDirectoryIsSynced) {
  int without = 0;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SimulatedDisk disk;
    SimulatedDisk::FilePtr file;
    ASSERT_EQ(disk.Create("/f", &file), 0);
    ASSERT_EQ(disk.Sync(file), 0);
    Random random(seed);
    disk.PowerLoss(&random);
    without += Has(disk, "/f") ? 0 : 1;
  }
  EXPECT_GT(without, 5);
  EXPECT_LT(without, 45);
}

TEST(SimulatedDisk, ARenameIsAtomic) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SimulatedDisk disk;
    SimulatedDisk::FilePtr file;
    ASSERT_EQ(disk.MakeDirectory("/d", false), 0);
    ASSERT_EQ(disk.Create("/f", &file), 0);
    ASSERT_EQ(disk.SyncDirectory("/"), 0);
    ASSERT_EQ(disk.Rename("/f", "/d/g"), 0);
    Random random(seed);
    disk.PowerLoss(&random);
    ASSERT_NE(Has(disk, "/f"), Has(disk, "/d/g")) << "seed " << seed;
  }
}

TEST(SimulatedDisk, AFailedSyncLosesItsBytesForGood) {
  SimulatedDisk disk;
  SimulatedDisk::FilePtr file;
  ASSERT_EQ(disk.Create("/f", &file), 0);
  ASSERT_EQ(disk.SyncDirectory("/"), 0);
  ASSERT_EQ(disk.Append(file, "gone"), 0);
  disk.SetFault({FaultKind::kFailedSync, 1, false});
  ASSERT_EQ(disk.Sync(file), EIO);
  ASSERT_EQ(disk.Append(file, "kept"), 0);
  ASSERT_EQ(disk.Sync(file), 0);
  Random random(1);
  disk.PowerLoss(&random);
  EXPECT_EQ(Contents(disk, "/f"), std::string("\0\0\0\0kept", 8));
}

TEST(SimulatedDisk, WhatComesAfterTheCutIsNotThere) {
  SimulatedDisk disk;
  SimulatedDisk::FilePtr file;
  ASSERT_EQ(disk.Create("/f", &file), 0);
  ASSERT_EQ(disk.SyncDirectory("/"), 0);
  disk.CutPower();
  ASSERT_EQ(disk.Append(file, "late"), 0);
  ASSERT_EQ(disk.Sync(file), 0);
  Random random(1);
  disk.PowerLoss(&random);
  EXPECT_EQ(Contents(disk, "/f"), "");
}

// A store with some commits, all of them synced, cut off while open.
class CutOffStore : public testing::Test {
 protected:
  void SetUp() override {
    SimulatedDisk disk;
    Journal journal([] { return false; });
    auto opened = OpenOn(&disk, {});
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    ASSERT_TRUE(PrepareCollections(opened->get(), &journal).ok());
    Client client(opened->get(), &journal, {.ids = 200, .large = 20}, 1, 7, [] { return false; });
    for (int i = 0; i < 400; ++i) ASSERT_TRUE(client.Step());
    kv::Store& kv = (*opened)->kv();
    ASSERT_TRUE(kv.WaitDurable(kv.visible()).ok());
    disk_ = disk.Copy();
    for (const auto& [path, bytes] : disk_->Files()) {
      const bool archived = path.find("/archive/") != std::string::npos;
      if (!path.ends_with(".log") || bytes == 0 || archived) continue;
      logs_.push_back(path);
    }
    std::sort(logs_.begin(), logs_.end());
    ASSERT_FALSE(logs_.empty());
  }

  std::unique_ptr<SimulatedDisk> disk_;
  std::vector<std::string> logs_;
};

TEST_F(CutOffStore, TheLogScanFindsEachDamage) {
  const std::string log = disk_->BytesOf(logs_[0]);
  ASSERT_EQ(kv::SoundLogBytes(log), log.size());
  for (size_t at = 0; at < log.size(); at += 1 + log.size() / 500) {
    std::string damaged = log;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_LE(kv::SoundLogBytes(damaged), at);
    EXPECT_EQ(kv::SoundLogBytes(std::string_view(log).substr(0, at)), kv::SoundLogBytes(damaged));
  }
}

TEST_F(CutOffStore, ACompleteLogThatWasCutShortIsRefusedByName) {
  if (logs_.size() < 2) GTEST_SKIP() << "one log only";
  disk_->CutFile(logs_[0], disk_->BytesOf(logs_[0]).size() / 2);
  const auto opened = OpenOn(disk_.get(), {});
  ASSERT_EQ(opened.status().code(), ErrorCode::kDataCorruptionDetected);
  const std::string name = logs_[0].substr(logs_[0].rfind('/') + 1);
  EXPECT_NE(opened.status().message().find(name), std::string::npos) << opened.status().message();
}

TEST(NewStore, ItsDirectoryOutlivesAPowerCut) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SimulatedDisk disk;
    { ASSERT_TRUE(OpenOn(&disk, {}).ok()); }
    Random random(seed);
    disk.PowerLoss(&random);
    EXPECT_TRUE(Has(disk, "/data/store/CURRENT")) << "seed " << seed;
    EXPECT_TRUE(OpenOn(&disk, {}).ok()) << "seed " << seed;
  }
}

// Takes in entries while the operation `at` fails. False: there were fewer operations.
bool IngestWithFault(uint64_t at, bool for_good) {
  constexpr int kEntries = 2000;  // several blocks
  SimulatedDisk disk;
  PrepareDisk(&disk);
  kv::OpenOptions options;
  options.path = "/data/store";
  options.file_system = NewSimulatedFileSystem(&disk);
  Result<std::unique_ptr<kv::Store>> opened = kv::OpenRocksDb(options);
  if (!opened.ok()) {
    ADD_FAILURE() << opened.status().ToString();
    return false;
  }
  kv::Store& store = **opened;
  int next = 0;
  std::string key;
  const auto source = [&](std::string_view* k, std::string_view* v) -> Result<bool> {
    if (next == kEntries) return false;
    key = "entry number " + std::to_string(10000 + next++);
    *k = *v = key;
    return true;
  };
  disk.SetFault({FaultKind::kIoError, at, for_good});
  const Status taken = store.Ingest(kv::Family::kIndexes, source);
  const bool met = disk.faults() > 0;
  disk.SetFault({});
  EXPECT_TRUE(taken.ok() || met) << taken.ToString();
  for (int i = 0; taken.ok() && i < kEntries; ++i) {
    kv::PinnedValue value;
    const std::string wanted = "entry number " + std::to_string(10000 + i);
    const Result<bool> found = store.Get(kv::Family::kIndexes, wanted, &value);
    EXPECT_TRUE(found.ok() && *found) << wanted << " with a fault at operation " << at;
    if (!found.ok() || !*found) return false;
  }
  return met;
}

TEST(Ingestion, AFailedOperationHidesNoEntryAndEndsNoProcess) {
  for (const bool for_good : {false, true}) {
    uint64_t at = 1;
    while (IngestWithFault(at, for_good)) ++at;
    EXPECT_GT(at, 10u);
  }
}

// Three tables of one level, the second of them with damage in its first block.
TEST(Scanning, DamageBetweenTablesIsReported) {
  SimulatedDisk disk;
  PrepareDisk(&disk);
  kv::OpenOptions options;
  options.path = "/data/store";
  options.file_system = NewSimulatedFileSystem(&disk);
  std::vector<std::string> tables;
  {
    const std::unique_ptr<kv::Store> store = kv::OpenRocksDb(options).value();
    for (const char part : {'a', 'b', 'c'}) {
      int next = 0;
      std::string key;
      const auto source = [&](std::string_view* k, std::string_view* v) -> Result<bool> {
        key = part + std::to_string(10000 + next);
        *k = *v = key;
        return next++ < 2000;
      };
      ASSERT_TRUE(store->Ingest(kv::Family::kIndexes, source).ok());
      std::string newest;
      for (const auto& [path, bytes] : disk.Files()) {
        if (path.ends_with(".sst")) newest = std::max(newest, path);
      }
      tables.push_back(newest);
    }
  }
  for (const bool damaged : {false, true}) {
    if (damaged) disk.Flip(tables[1], 100, 1);
    const std::unique_ptr<kv::Store> store = kv::OpenRocksDb(options).value();
    const std::unique_ptr<kv::Reader> reader = store->NewSnapshot();
    const std::unique_ptr<kv::Scan> scan = reader->NewScan(kv::Family::kIndexes, {}, {});
    int seen = 0;
    while (scan->Next()) ++seen;
    EXPECT_EQ(scan->status().code(), damaged ? ErrorCode::kDataCorruptionDetected : ErrorCode::kOk);
    EXPECT_EQ(seen, damaged ? 2000 : 6000);
  }
}

}  // namespace
}  // namespace cairn::harness
