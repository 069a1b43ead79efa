// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/crash_disk_full.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "cairn/json.h"
#include "server/cli/command_client.h"
#include "tests/server/program.h"

namespace cairn::harness {
namespace {

namespace fs = std::filesystem;
using server::CommandClient;
using SteadyClock = std::chrono::steady_clock;

constexpr uint64_t kCyclesPerStore = 10;
constexpr uint64_t kRoomBytes = uint64_t{3} << 20;
constexpr int kReads = 20;
constexpr int kWritesMax = 5000;
constexpr double kBackSecondsMax = 10;

// A file system of 256 MiB in memory, as long as this lives.
class SmallDisk {
 public:
  bool Mount() {
    fs::create_directory(path());
    mounted_ = mount("tmpfs", path().c_str(), "tmpfs", 0, "size=256m") == 0;
    return mounted_;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path().c_str(), MNT_DETACH);
  }
  std::string path() const { return scratch_ / "disk"; }
  // Takes all space but a little.
  void Fill() const {
    struct statvfs now {};
    if (statvfs(path().c_str(), &now) != 0) return;
    const uint64_t free = now.f_bavail * now.f_frsize;
    const int file = open((path() + "/ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return;
    if (free > kRoomBytes && posix_fallocate(file, 0, static_cast<off_t>(free - kRoomBytes)) != 0) {
      std::printf("  the ballast does not fit\n");
    }
    close(file);
  }
  void MakeRoom() const { fs::remove(path() + "/ballast"); }

 private:
  server::TemporaryDirectory scratch_;
  bool mounted_ = false;
};

class DiskFullRun {
 public:
  std::string Run(uint64_t cycles) {
    if (!disk_.Mount()) return "cannot mount";
    for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
      std::string wrong = cycle % kCyclesPerStore == 0 ? NewStore() : "";
      if (wrong.empty()) wrong = Cycle();
      if (wrong.empty() && cycle % kCyclesPerStore == kCyclesPerStore - 1) wrong = Check();
      if (!wrong.empty()) return "cycle " + std::to_string(cycle + 1) + ": " + wrong;
    }
    return {};
  }
  double back_max() const { return back_max_; }
  uint64_t reads() const { return reads_; }
  uint64_t refused() const { return refused_; }
  uint64_t acknowledged() const { return acknowledged_; }

 private:
  std::string NewStore() {
    server_.Stop(SIGKILL);
    fs::remove_all(disk_.path() + "/data");
    written_ = unknown_ = 0;
    return Start();
  }

  std::string Start() {
    if (!server_.Start({disk_.path() + "/data", "--memory-mb", "128"})) {
      return "the server does not start: " + server_.error();
    }
    client_ = std::make_unique<CommandClient>(server_.address());
    return {};
  }

  Status Insert(size_t bytes) {
    const std::string id = std::to_string(written_ + unknown_ + 1);
    const auto reply = client_->Run("full", R"({"insert":"c","documents":[{"_id":)" + id +
                                                R"(,"text":")" + std::string(bytes, 'x') + "\"}]}");
    if (reply.ok() && (*reply)["n"].AsInt32() == 1) {
      ++written_;
      ++acknowledged_;
      return Status::Ok();
    }
    if (!reply.ok()) {
      unknown_ += reply.status().code() == ErrorCode::kCommitOutcomeUnknown ? 1 : 0;
      return reply.status();
    }
    const bson::View error = (*reply)["writeErrors"].AsView()["0"].AsView();
    return Status(static_cast<ErrorCode>(error["code"].AsInt32()), json::ToJson(*reply));
  }

  std::string Cycle() {
    for (int i = 0; i < 20; ++i) {
      if (const Status status = Insert(200); !status.ok()) return "a write: " + status.ToString();
    }
    disk_.Fill();
    Status status;
    for (int i = 0; status.ok(); ++i) {
      if (i == kWritesMax) return "the disk does not get full";
      status = Insert(20000);
    }
    for (int again = 0; again < 3; ++again) {
      ++refused_;
      if (status.code() != ErrorCode::kOutOfDiskSpace &&
          status.code() != ErrorCode::kCommitOutcomeUnknown) {
        return "instead of OutOfDiskSpace: " + status.ToString();
      }
      status = Insert(20000);
      if (status.ok()) break;  // A little came free.
    }
    std::string wrong = Read();
    if (!wrong.empty()) return wrong;
    disk_.MakeRoom();
    const auto begun = SteadyClock::now();
    double seconds = 0;
    while (!Insert(200).ok()) {
      seconds = std::chrono::duration<double>(SteadyClock::now() - begun).count();
      if (seconds > kBackSecondsMax) return "writes do not come back";
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    back_max_ = std::max(back_max_, seconds);
    return {};
  }

  std::string Read() {
    for (int i = 0; i < kReads; ++i) {
      const std::string id = std::to_string(1 + i % 20);
      const auto reply = client_->Run("full", R"({"find":"c","filter":{"_id":)" + id + "}}");
      if (!reply.ok()) return "a read on the full disk: " + reply.status().ToString();
      if ((*reply)["cursor"].AsView()["firstBatch"].AsView().empty()) return "a document is gone";
      ++reads_;
    }
    return {};
  }

  // After a kill everything acknowledged is there.
  std::string Check() {
    server_.Stop(SIGKILL);
    std::string wrong = Start();
    if (!wrong.empty()) return wrong;
    const auto valid = client_->Run("full", R"({"validate":"c","full":true})");
    if (!valid.ok()) return "validating: " + valid.status().ToString();
    const auto records = static_cast<uint64_t>((*valid)["nrecords"].AsInt32());
    if (!(*valid)["valid"].AsBool()) return "not valid: " + json::ToJson(*valid);
    if (records < written_ || records > written_ + unknown_) {
      return std::to_string(written_) + " documents were acknowledged and " +
             std::to_string(unknown_) + " unknown, but there are " + std::to_string(records);
    }
    return {};
  }

  SmallDisk disk_;
  server::RunningServer server_;  // goes before its disk
  std::unique_ptr<CommandClient> client_;
  uint64_t written_ = 0;  // in this store
  uint64_t unknown_ = 0;
  double back_max_ = 0;
  uint64_t reads_ = 0;
  uint64_t refused_ = 0;
  uint64_t acknowledged_ = 0;
};

}  // namespace

int FillDisks(uint64_t cycles) {
  std::printf("crash --disk-full %llu\n", static_cast<unsigned long long>(cycles));
  {
    SmallDisk trial;
    if (!trial.Mount()) {
      std::printf("LEFT OUT: a tmpfs cannot be mounted here (%s); this needs root\n",
                  std::strerror(errno));
      return 0;
    }
  }
  DiskFullRun run;
  const std::string wrong = run.Run(cycles);
  std::printf(
      "  %llu writes acknowledged, %llu refused on the full disk, %llu reads answered on it; "
      "writes "
      "back after at most %.1f s\n%s%s\n",
      static_cast<unsigned long long>(run.acknowledged()),
      static_cast<unsigned long long>(run.refused()), static_cast<unsigned long long>(run.reads()),
      run.back_max(), wrong.empty() ? "no violation" : "VIOLATION: ", wrong.c_str());
  return wrong.empty() ? 0 : 1;
}

}  // namespace cairn::harness
