// SPDX-License-Identifier: Apache-2.0
#include "server/net/crew.h"

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <chrono>
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

// Workers without end, of pieces that take next to nothing but what the test says.
class Busy {
 public:
  Busy() : crew_(8, 2, nullptr) {
    foreman_ = std::thread([this] {
      const auto hire = [this](int number) {
        workers_.emplace_back([this, number] { Work(number); });
        return true;
      };
      crew_.Watch({.hire = hire, .is_long = [](int) {}});
    });
  }
  ~Busy() {
    over_.store(true);
    crew_.Dismiss();
    foreman_.join();
    for (std::thread& worker : workers_) worker.join();
  }

  void Take(std::chrono::microseconds to_make, std::chrono::microseconds to_send) {
    to_make_us_.store(to_make.count());
    to_send_us_.store(to_send.count());
  }
  /// Whether so many come to be at work, and no others.
  bool BecomesOf(int wanted) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < end) {
      worked_.store(0);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      if (std::popcount(worked_.load()) == wanted) return true;
    }
    return false;
  }

 private:
  void Work(int number) {
    if (!crew_.Join()) return;
    do {
      crew_.Begin(number);
      worked_.fetch_or(uint32_t{1} << number);
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      crew_.Took(std::chrono::microseconds(to_make_us_.load()),
                 std::chrono::microseconds(to_send_us_.load()));
    } while (crew_.End(number) && !over_.load());
  }

  Crew crew_;
  std::atomic<bool> over_{false};
  std::atomic<uint32_t> worked_{0};  // A bit for each.
  std::atomic<int64_t> to_make_us_{0};
  std::atomic<int64_t> to_send_us_{0};
  std::vector<std::thread> workers_;
  std::thread foreman_;
};

TEST(CrewTest, GoesByWhatRepliesTake) {
  Busy busy;
  EXPECT_TRUE(busy.BecomesOf(4));
  busy.Take(std::chrono::microseconds(10), std::chrono::microseconds(30));
  EXPECT_TRUE(busy.BecomesOf(2));
  busy.Take(std::chrono::microseconds(30), std::chrono::microseconds(10));
  EXPECT_TRUE(busy.BecomesOf(4));
}

}  // namespace
}  // namespace cairn::server
