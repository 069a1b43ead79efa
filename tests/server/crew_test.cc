// SPDX-License-Identifier: Apache-2.0
#include "server/net/crew.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace cairn::server {
namespace {

TEST(CrewTest, TriesAgainWhereThereIsNoThread) {
  Crew crew(2, 2, nullptr);
  std::atomic<int> asked{0};
  std::atomic<int> called{0};
  std::vector<std::thread> workers;
  std::thread foreman([&] {
    const auto hire = [&](int number) {
      // For longer than a crew is watched that has nothing to do.
      if (++asked <= 200) return false;
      EXPECT_EQ(number, static_cast<int>(workers.size()));
      workers.emplace_back([&] {
        if (!crew.Join()) return;
        called.fetch_add(1);
        called.notify_all();
      });
      return true;
    };
    crew.Watch({.hire = hire, .is_long = [](int) {}});
  });
  for (int now = called.load(); now < 2; now = called.load()) called.wait(now);
  crew.Dismiss();
  foreman.join();
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(asked.load(), 202);
}

}  // namespace
}  // namespace cairn::server
