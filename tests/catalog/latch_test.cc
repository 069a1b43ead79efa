// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog/latch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace cairn::catalog {
namespace {

TEST(Latch, ExcludesWritersFromEachOtherAndFromReaders) {
  Latch latch;
  int64_t first = 0;  // Unguarded but for the latch: TSan and the comparison watch them.
  int64_t second = 0;
  std::atomic<int> torn{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3000; ++i) {
        const std::unique_lock lock(latch);
        ++first;
        ++second;
      }
    });
  }
  for (int t = 0; t < 5; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3000; ++i) {
        const std::shared_lock lock(latch);
        if (first != second) ++torn;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(first, 9000);
  EXPECT_EQ(second, 9000);
}

TEST(Latch, DoesNotStarveTheExclusiveSide) {
  Latch latch;
  std::atomic<bool> stop{false};
  std::atomic<int64_t> entered{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      while (!stop) {
        const std::shared_lock lock(latch);
        ++entered;
      }
    });
  }
  while (entered < 1000) std::this_thread::yield();
  for (int i = 0; i < 50; ++i) {
    const std::unique_lock lock(latch);
    const int64_t before = entered;
    std::this_thread::yield();
    EXPECT_EQ(entered, before);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace cairn::catalog
