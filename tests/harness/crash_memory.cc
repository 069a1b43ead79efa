// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/crash_memory.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "cairn/json.h"
#include "server/cli/command_client.h"
#include "tests/server/program.h"

namespace cairn::harness {
namespace {

using server::CommandClient;
using SteadyClock = std::chrono::steady_clock;

constexpr int kClients = 48;
constexpr uint64_t kPercentMax = 120;
constexpr int kTextBytesMax = 1'000'000;
constexpr int64_t kDocumentsMax = 2000;
constexpr const char* kDatabase = "memory";

/// What the clients were answered.
class Tally {
 public:
  void Add(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++answers_[what];
  }
  void Print() const {
    for (const auto& [what, count] : answers_) std::printf("    %7d  %s\n", count, what.c_str());
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> answers_;  // guarded by mutex_
};

// One that wants much memory.
std::string Draw(std::mt19937_64* random) {
  const auto below = [random](int64_t limit) {
    return static_cast<int64_t>((*random)() % static_cast<uint64_t>(limit));
  };
  const std::string id = std::to_string(below(kDocumentsMax));
  switch (below(14)) {
    case 0:
      return R"({"find":"d","sort":{"text":-1},"batchSize":20})";
    case 1:
      return R"({"find":"d","filter":{"_id":{"$gte":)" + id + R"(}},"batchSize":1000})";
    case 2:
      return R"({"aggregate":"d","pipeline":[{"$group":{"_id":"$k","all":{"$push":"$text"}}},)"
             R"({"$project":{"n":{"$size":"$all"}}}],"cursor":{}})";
    case 3:
      return R"({"aggregate":"d","pipeline":[{"$sort":{"k":1,"text":1}},{"$skip":10},)"
             R"({"$limit":5}],"cursor":{}})";
    case 4:
      return R"({"aggregate":"d","pipeline":[{"$limit":5},{"$lookup":{"from":"d","as":"all",)"
             R"("pipeline":[{"$limit":30}]}},{"$project":{"n":{"$size":"$all"}}}],"cursor":{}})";
    case 5:
      return R"({"aggregate":"d","pipeline":[{"$facet":{"all":[{"$limit":20}],"k":[)"
             R"({"$sortByCount":"$k"}]}},{"$project":{"n":{"$size":"$all"}}}],"cursor":{}})";
    case 6:
      return R"({"aggregate":"d","pipeline":[{"$limit":20},{"$project":{"n":{"$strLenBytes":)"
             R"({"$concat":["$text","$text","$text"]}}}}],"cursor":{}})";
    case 7:
      return R"({"aggregate":1,"cursor":{},"pipeline":[{"$documents":[{}]},{"$project":{"n":)"
             R"({"$sum":{"$map":{"input":{"$range":[0,700]},"in":{"$size":{"$range":[0,700]}}}}}}}]})";
    case 8:
      return R"({"update":"d","updates":[{"q":{"_id":)" + id + R"(},"u":{"$inc":{"k":1}}}]})";
    default: {
      const std::string text(static_cast<size_t>(1 + below(kTextBytesMax)),
                             static_cast<char>('a' + below(26)));
      return R"({"update":"d","updates":[{"q":{"_id":)" + id + R"(},"u":{"k":)" +
             std::to_string(below(50)) + R"(,"text":")" + text + R"("},"upsert":true}]})";
    }
  }
}

void RunClient(const server::Address& address, uint64_t seed, SteadyClock::time_point end,
               Tally* tally) {
  std::mt19937_64 random(seed);
  CommandClient client(address);
  while (SteadyClock::now() < end) {
    const std::string command = Draw(&random);
    const std::string name = command.substr(2, command.find('"', 2) - 2);
    const Result<bson::Document> reply = client.Run(kDatabase, command);
    tally->Add(name + ": " + (reply.ok() ? "done" : std::string(ErrorName(reply.status().code()))));
  }
}

}  // namespace

uint64_t PeakMib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) / 1024;
  }
  return 0;
}

int MeasureMemory(uint64_t mib, uint64_t seconds) {
  std::printf("crash --memory %llu --seconds %llu\n", static_cast<unsigned long long>(mib),
              static_cast<unsigned long long>(seconds));
  const server::TemporaryDirectory scratch;
  server::RunningServer server;
  if (!server.Start({scratch / "data", "--memory-mb", std::to_string(mib)})) {
    std::printf("VIOLATION: the server does not start: %s\n", server.error().c_str());
    return 1;
  }
  Tally tally;
  std::vector<std::thread> clients;
  const auto end = SteadyClock::now() + std::chrono::seconds(seconds);
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(RunClient, server.address(), static_cast<uint64_t>(i), end, &tally);
  }
  for (std::thread& client : clients) client.join();
  const uint64_t peak = PeakMib(server.pid());
  const int code = server.Stop(SIGTERM);
  std::printf("  %d clients with documents of up to %d bytes; peak memory %llu MiB of %llu\n",
              kClients, kTextBytesMax, static_cast<unsigned long long>(peak),
              static_cast<unsigned long long>(mib));
  tally.Print();
  const bool good = code == 0 && peak > 0 && peak * 100 <= mib * kPercentMax;
  std::printf("%s\n", good ? "no violation" : "VIOLATION: more than 120 %, or the server ended");
  return good ? 0 : 1;
}

}  // namespace cairn::harness
