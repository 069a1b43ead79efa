// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/crash_times.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "server/cli/command_client.h"
#include "tests/harness/crash_client.h"
#include "tests/harness/crash_memory.h"
#include "tests/server/program.h"

namespace cairn::harness {
namespace {

namespace fs = std::filesystem;
using server::CommandClient;
using SteadyClock = std::chrono::steady_clock;

constexpr double kSecondsMax = 5;
constexpr uint64_t kMib = uint64_t{1} << 20;
constexpr size_t kTextBytes = 2000;
constexpr int kBatch = 500;
constexpr int kStops = 10;

struct LogBytes {
  uint64_t live = 0;  ///< To be replayed.
  uint64_t archived = 0;
};

LogBytes MeasureLogs(const fs::path& directory) {
  LogBytes bytes;
  std::error_code gone;
  for (const auto& file : fs::recursive_directory_iterator(directory, gone)) {
    if (file.path().extension() != ".log") continue;
    const uint64_t size = file.file_size(gone);
    (file.path().parent_path().filename() == "archive" ? bytes.archived : bytes.live) += size;
  }
  return bytes;
}

// Documents of about 2 KB, until there are `bytes` of logs.
void Fill(const server::Address& address, const fs::path& directory, uint64_t bytes) {
  CommandClient client(address);
  int64_t id = 0;
  std::string text(kTextBytes, 'x');
  for (uint64_t written = 0; written < bytes;) {
    std::string command = R"({"insert":"filled","documents":[)";
    for (int i = 0; i < kBatch; ++i) {
      ++id;
      for (size_t at = 0; at < text.size(); ++at) {
        text[at] = static_cast<char>('a' + (static_cast<size_t>(id) * 31 + at * at) % 26);
      }
      command += std::string(i == 0 ? "" : ",") + R"({"_id":)" + std::to_string(id) + R"(,"k":)" +
                 std::to_string(id % 1000) + R"(,"text":")" + text + "\"}";
    }
    if (!client.Run(kCrashDatabase, command + "]}").ok()) return;
    const LogBytes now = MeasureLogs(directory);
    written = now.live + now.archived;
  }
}

double SecondsSince(SteadyClock::time_point begun) {
  return std::chrono::duration<double>(SteadyClock::now() - begun).count();
}

// Returns seconds; less than 0: it did not start.
double TimeOpening(const std::vector<std::string>& arguments, const fs::path& directory,
                   uint64_t mib) {
  server::RunningServer server;
  if (!server.Start(arguments)) return -1;
  CommandClient(server.address())
      .Run(kCrashDatabase, R"({"createIndexes":"filled","indexes":[{"key":{"k":1},"name":"k"}]})")
      .status()
      .PermitUncheckedError();
  Fill(server.address(), directory, mib * kMib);
  const uint64_t peak = PeakMib(server.pid());
  server.Stop(SIGKILL);
  const LogBytes bytes = MeasureLogs(directory);
  const auto begun = SteadyClock::now();
  if (!server.Start(arguments)) return -1;
  const double seconds = SecondsSince(begun);
  std::printf(
      "  killed with %llu MiB of logs (%llu of them to be replayed): ready after %.2f s\n"
      "  peak memory while writing: %llu MiB\n",
      static_cast<unsigned long long>((bytes.live + bytes.archived) / kMib),
      static_cast<unsigned long long>(bytes.live / kMib), seconds,
      static_cast<unsigned long long>(peak));
  std::fflush(stdout);
  server.Stop(SIGTERM);
  return seconds;
}

// The longest of several exits under eight clients.
double TimeExit(const std::vector<std::string>& arguments) {
  double longest = 0;
  uint64_t acknowledged = 0;
  for (int round = 0; round < kStops; ++round) {
    server::RunningServer server;
    if (!server.Start(arguments)) return -1;
    CrashWork work;
    std::vector<std::thread> threads;
    for (int i = 1; i <= 8; ++i) {
      // Ids of their own in each round: the records begin empty.
      threads.emplace_back([&work, &server, number = round * 100 + i] {
        CrashClient(number, &work).Run(server.address(), static_cast<uint64_t>(number));
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const auto begun = SteadyClock::now();
    const int code = server.Stop(SIGTERM);
    longest = std::max(longest, SecondsSince(begun));
    for (std::thread& thread : threads) thread.join();
    acknowledged += work.acknowledged;
    if (code != 0) return -1;
  }
  std::printf(
      "  SIGTERM under 8 clients, %d times (%llu acknowledged writes): exit after at most "
      "%.2f s\n",
      kStops, static_cast<unsigned long long>(acknowledged), longest);
  return longest;
}

}  // namespace

int MeasureTimes(uint64_t mib) {
  std::printf("crash --big-log %llu\n", static_cast<unsigned long long>(mib));
  bool good = true;
  // With much memory more of the log is to be replayed.
  for (const char* memory_mb : {"1024", "8192"}) {
    const server::TemporaryDirectory scratch;
    const std::string data = scratch / "data";
    std::printf("  --memory-mb %s\n", memory_mb);
    const double seconds = TimeOpening({data, "--memory-mb", memory_mb}, data, mib);
    good &= seconds >= 0 && seconds <= kSecondsMax;
  }
  const server::TemporaryDirectory scratch;
  const double seconds = TimeExit({scratch / "data"});
  good &= seconds >= 0 && seconds <= kSecondsMax;
  std::printf("%s\n", good ? "no violation" : "VIOLATION: more than 5 s, or not at all");
  return good ? 0 : 1;
}

}  // namespace cairn::harness
