// SPDX-License-Identifier: Apache-2.0
// What connections that do nothing, or next to nothing, cost those that do something; and whether
// those that do are served alike.
#include <atomic>
#include <thread>

#include "bench/load/crowd.h"
#include "bench/load/driver.h"
#include "bench/load/load.h"

namespace cairn::bench {
namespace {

constexpr int kIdle = 9000;
constexpr int kDripping = 900;
constexpr int kActive = 100;
constexpr double kCrowdSeconds = 20;  // Longer than a head may take, so that drippers come again.
constexpr int kFilesBesides = 500;
constexpr int kPeople = 10'000;

std::vector<std::string> GetPeople() {
  std::vector<std::string> requests;
  for (int i = 0; i < 1000; ++i) requests.push_back(GetPerson(i * 7 % kPeople));
  return requests;
}

}  // namespace

void IdleCrowd(const Settings& settings) {
  if (!HaveFiles(kIdle + kDripping + kActive + kFilesBesides)) {
    PrintLeftOut("idle-crowd", "this machine does not allow 10,500 files a process");
    return;
  }
  Server server(settings);
  server.LoadPeople(kPeople);
  std::atomic<bool> over{false};
  const IdleConnections idle(server.port(), kIdle, GetPerson(1));
  int refused = 0;
  std::thread drippers([&] { refused = DripUntil(server.port(), kDripping, over); });
  Driven driven;
  std::thread active([&] {
    driven = DriveUntil(
        {.port = server.port(), .connections = kActive, .threads = 1, .requests = GetPeople()},
        over);
  });
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const std::vector<double> times = TimeNewcomers(server.port(), GetPerson(2), kCrowdSeconds);
  const double resident = server.ResidentMb();
  over.store(true);
  drippers.join();
  active.join();
  std::printf(
      "%d idle, %d dripping (%d times refused), %d active with %.0f requests/s, %zu newcomers\n",
      kIdle, kDripping, refused, kActive, driven.rate(), times.size());
  PrintBelow("idle-crowd: newcomer, p99", Percentile(times, 0.99), "ms", 100);
  PrintBelow("idle-crowd: memory of the server", resident, "MB", 512);
  PrintBelow("idle-crowd: idle connections lost", idle.Closed(), "", 1);
}

void Fairness(const Settings& settings) {
  constexpr int kConnections = 256;
  Server server(settings, {"--workers", "8"});
  server.LoadPeople(kPeople);
  std::vector<double> ratios;
  for (int round = 0; round < settings.rounds; ++round) {
    const Driven driven = Drive(
        {.port = server.port(), .connections = kConnections, .threads = 1, .requests = GetPeople()},
        kRoundSeconds);
    const auto [least, most] =
        std::minmax_element(driven.replies_of.begin(), driven.replies_of.end());
    ratios.push_back(static_cast<double>(*least) / static_cast<double>(*most));
  }
  PrintAtLeast("fairness: least/most of 256 on 8 workers", Median(ratios), "", 0.8);
}

void Newcomer(const Settings& settings) {
  constexpr int kConnections = 1000;
  Server server(settings, {"--workers", "8"});
  server.LoadPeople(kPeople);
  const IdleConnections idle(server.port(), kConnections, GetPerson(1));
  const std::vector<double> times = TimeNewcomers(server.port(), GetPerson(2), kRoundSeconds);
  PrintBelow("newcomer: behind 1,000 idle, p99", Percentile(times, 0.99), "ms", 10);
}

}  // namespace cairn::bench
