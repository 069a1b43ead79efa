// SPDX-License-Identifier: Apache-2.0
// Requests that take long, many at once, and those of others beside them.
#include <atomic>
#include <string>
#include <thread>

#include "bench/load/crowd.h"
#include "bench/load/driver.h"
#include "bench/load/load.h"

namespace cairn::bench {
namespace {

constexpr int kSlow = 100;
constexpr int kPeople = 10'000;
constexpr double kSeconds = 10;

// A tenth of a second of a processor, or more, and some megabytes.
constexpr const char* kPipeline =
    R"({"aggregate":1,"cursor":{},"pipeline":[{"$documents":[{}]},{"$project":{"n":{"$sum":)"
    R"({"$map":{"input":{"$range":[0,600]},"as":"i","in":{"$sum":{"$map":{"input":)"
    R"({"$range":[0,600]},"as":"j","in":{"$multiply":["$$i","$$j"]}}}}}}}}}]})";

}  // namespace

void SlowRequests(const Settings& settings) {
  Server server(settings);
  server.LoadPeople(kPeople);
  const std::string headers = "Content-Type: application/json\r\n";
  const std::string slow = MakeRequest("POST /v1/bench/_command", headers, kPipeline);
  std::atomic<bool> over{false};
  Driven driven;
  std::thread crowd([&] {
    driven = DriveUntil(
        {.port = server.port(), .connections = kSlow, .threads = 1, .requests = {slow}}, over);
  });
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const std::vector<double> reads = TimeNewcomers(server.port(), GetPerson(2), kSeconds);
  const std::string find =
      MakeRequest("POST /v1/bench/people/_find", headers, R"({"filter":{"age":44},"limit":5})");
  const std::vector<double> finds = TimeNewcomers(server.port(), find, kSeconds);
  const double resident = server.ResidentMb();
  over.store(true);
  crowd.join();
  std::printf("%d slow requests at a time, %.0f ended a second; %zu reads, %zu finds\n", kSlow,
              driven.rate(), reads.size(), finds.size());
  PrintBelow("slow-requests: another one's read by _id, p99", Percentile(reads, 0.99), "ms", 100);
  PrintBelow("slow-requests: another one's short find, p99", Percentile(finds, 0.99), "ms", 100);
  PrintBelow("slow-requests: memory of the server", resident, "MB", 1024);
}

}  // namespace cairn::bench
