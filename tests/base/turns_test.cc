// SPDX-License-Identifier: Apache-2.0
#include "cairn/turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cairn/work_memory.h"
#include "engine/base/deadline.h"
#include "engine/base/process_memory.h"
#include "engine/base/turn.h"

namespace cairn::base {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr size_t kMib = size_t{1} << 20;

bool Await(const std::function<bool()>& condition) {
  for (const auto end = Clock::now() + 10s; Clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

// An operation with a turn, on the thread that made it.
class Operation {
 public:
  explicit Operation(Turns* turns, int64_t max_time_ms = 0, std::stop_token stop = {},
                     bool can_begin_again = false)
      : turn_(turns, can_begin_again),
        deadline_(base::Clock::System(), max_time_ms, std::move(stop), &turn_) {}

  Turn& turn() { return turn_; }
  Deadline& deadline() { return deadline_; }
  // Works for so long, a millisecond at a time; the first error.
  Status Work(
      std::chrono::milliseconds time, const std::function<void()>& step = [] {}) {
    const Deadline::Running running(&deadline_);
    for (const auto end = Clock::now() + time; Clock::now() < end;) {
      if (Status status = Deadline::CheckRunning(); !status.ok()) return status;
      step();
    }
    return Status::Ok();
  }

  // Works until then; whether it comes.
  bool WorkUntil(const std::function<bool()>& condition) {
    return Await([&] {
      EXPECT_TRUE(Work(1ms).ok());
      return condition();
    });
  }

 private:
  Turn turn_;
  Deadline deadline_;
};

// As many operations as wanted, each on its own thread, that work until the end.
class Crowd {
 public:
  ~Crowd() { End(); }
  void Add(Turns* turns, int64_t max_time_ms = 0) {
    threads_.emplace_back([this, turns, max_time_ms] {
      Operation operation(turns, max_time_ms, stop_.get_token());
      const Status status = operation.Work(60s);
      if (status.code() != ErrorCode::kInterrupted) ++failed_;
    });
  }
  int failed() const { return failed_.load(); }
  void End() {
    stop_.request_stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::stop_source stop_;
  std::atomic<int> failed_{0};
  std::vector<std::thread> threads_;
};

TEST(TurnsTest, PlacesAreFewAndPassedOn) {
  Turns turns({.at_once = 2, .waiting_max = 10});
  constexpr int kOperations = 5;
  std::atomic<int> working{0};
  std::atomic<int> most{0};
  std::atomic<bool> all_are_long{false};
  std::atomic<bool> over{false};
  std::vector<std::atomic<int>> steps(kOperations);
  std::vector<std::thread> threads;
  for (int i = 0; i < kOperations; ++i) {
    threads.emplace_back([&, i] {
      Operation operation(&turns);
      EXPECT_TRUE(operation.WorkUntil([&] {
        const int now = ++working;
        if (all_are_long.load()) {
          ++steps[static_cast<size_t>(i)];
          most.store(std::max(most.load(), now));
        }
        std::this_thread::sleep_for(1ms);
        --working;
        return over.load();
      }));
    });
  }
  EXPECT_TRUE(Await([&] { return turns.long_ones() == kOperations; }));
  all_are_long.store(true);
  EXPECT_TRUE(Await([&] {
    return std::ranges::all_of(steps, [](const auto& count) { return count.load() > 20; });
  }));
  over.store(true);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most.load(), 2);
  EXPECT_EQ(turns.long_ones(), 0u);
  EXPECT_EQ(turns.waiting(), 0u);
}

TEST(TurnsTest, WhatIsShortNeverWaits) {
  Turns turns({.at_once = 1, .waiting_max = 10});
  Crowd crowd;
  for (int i = 0; i < 4; ++i) crowd.Add(&turns);
  ASSERT_TRUE(Await([&] { return turns.waiting() == 3; }));
  int short_ones = 0;
  EXPECT_TRUE(Await([&] {
    const auto begin = Clock::now();
    Operation operation(&turns);
    EXPECT_TRUE(operation.Work(1ms).ok());
    const size_t waiting = turns.waiting();
    // On a busy machine it may have been long.
    if (Clock::now() - begin > 10ms) return false;
    EXPECT_EQ(waiting, 3u);
    return ++short_ones == 20;
  }));
}

// One that gives on its place waits from then on, and the next one does not any more: never both.
TEST(TurnsTest, AsManyWaitWhilePlacesArePassedOn) {
  Turns turns({.at_once = 1, .waiting_max = 10});
  Crowd crowd;
  for (int i = 0; i < 4; ++i) crowd.Add(&turns);
  ASSERT_TRUE(Await([&] { return turns.long_ones() == 4; }));
  size_t most = 0;
  size_t least = SIZE_MAX;
  for (const auto end = Clock::now() + 1s; Clock::now() < end;) {
    for (int i = 0; i < 1000; ++i) {
      const size_t waiting = turns.waiting();
      most = std::max(most, waiting);
      least = std::min(least, waiting);
    }
  }
  EXPECT_EQ(most, 3u);
  EXPECT_EQ(least, 3u);
}

TEST(TurnsTest, TooManyAreToldSo) {
  Turns turns({.at_once = 1, .waiting_max = 2});
  Crowd crowd;
  for (int i = 0; i < 6; ++i) crowd.Add(&turns);
  EXPECT_TRUE(Await([&] { return crowd.failed() == 3; }));
  EXPECT_EQ(turns.waiting(), 2u);
  Operation operation(&turns);
  EXPECT_EQ(operation.Work(10s).code(), ErrorCode::kTemporarilyUnavailable);
}

TEST(TurnsTest, WhoWaitsIsStopped) {
  Turns turns({.at_once = 1, .waiting_max = 10});
  Crowd crowd;
  crowd.Add(&turns);
  ASSERT_TRUE(Await([&] { return turns.long_ones() == 1; }));
  // Its places are short: it waits for most of its time.
  std::stop_source stop;
  std::thread stopper([&] {
    EXPECT_TRUE(Await([&] { return turns.waiting() == 1; }));
    stop.request_stop();
  });
  Operation stopped(&turns, 0, stop.get_token());
  EXPECT_EQ(stopped.Work(10s).code(), ErrorCode::kInterrupted);
  stopper.join();
  Operation late(&turns, 200);
  const auto begin = Clock::now();
  EXPECT_EQ(late.Work(10s).code(), ErrorCode::kMaxTimeMSExpired);
  EXPECT_LT(Clock::now() - begin, 5s);
}

TEST(TurnsTest, WhoHoldsWhatOthersWaitForGoesOn) {
  Turns turns({.at_once = 1, .waiting_max = 1});
  Crowd crowd;
  crowd.Add(&turns);
  ASSERT_TRUE(Await([&] { return turns.long_ones() == 1; }));
  Operation operation(&turns);
  {
    const Turn::Unbroken unbroken;
    // It is not with those who wait, but it keeps a thread, as they do.
    EXPECT_TRUE(operation.WorkUntil([&] { return turns.threads() == 2; }));
    EXPECT_EQ(turns.waiting(), 0u);
    crowd.Add(&turns);
    EXPECT_TRUE(Await([&] { return crowd.failed() == 1; }));
    Operation other(&turns);
    EXPECT_EQ(other.Work(10s).code(), ErrorCode::kTemporarilyUnavailable);
  }
  EXPECT_TRUE(operation.WorkUntil([&] { return turns.long_ones() == 2; }));
  EXPECT_EQ(turns.threads(), 2u);
}

TEST(TurnsTest, WhoCannotWaitLeavesItsPlace) {
  Turns turns({.at_once = 1, .waiting_max = 2});
  Operation operation(&turns);
  EXPECT_TRUE(operation.WorkUntil([&] { return turns.long_ones() == 1; }));
  Crowd crowd;
  crowd.Add(&turns);
  const Turn::Unbroken unbroken;
  EXPECT_TRUE(operation.WorkUntil([&] { return turns.long_ones() == 2 && turns.waiting() == 0; }));
}

TEST(TurnsTest, WhoRestsLeavesItsPlace) {
  Turns turns({.at_once = 1, .waiting_max = 2});
  Operation operation(&turns);
  EXPECT_TRUE(operation.WorkUntil([&] { return turns.threads() == 1; }));
  operation.turn().Rest();
  EXPECT_EQ(turns.threads(), 0u);
  EXPECT_TRUE(Operation(&turns, 5000).WorkUntil([&] { return turns.long_ones() == 1; }));
  EXPECT_TRUE(operation.WorkUntil([&] { return turns.long_ones() == 1; }));
}

class TurnsMemoryTest : public testing::Test {
 protected:
  void SetUp() override { WorkMemory::SetBytesMax(8 * kMib); }
  void TearDown() override {
    EXPECT_EQ(WorkMemory::bytes(), 0u);
    WorkMemory::SetBytesMax(WorkMemory::kDefaultBytesMax);
  }
  MemoryShare others_{MemoryShare::Use::kPassing};
};

TEST_F(TurnsMemoryTest, WaitsForWhatOthersHold) {
  Turns turns({.at_once = 1, .waiting_max = 10});
  ASSERT_TRUE(others_.Cover(6 * kMib));
  std::thread waiter([&] {
    Operation operation(&turns);
    MemoryShare share(MemoryShare::Use::kPassing);
    EXPECT_TRUE(operation.turn().AwaitMemory(3 * kMib, &share, operation.deadline()).ok());
    EXPECT_EQ(share.held(), 3 * kMib);
    // All that there is, once it is there.
    EXPECT_TRUE(operation.turn().AwaitMemory(100 * kMib, &share, operation.deadline()).ok());
    EXPECT_EQ(share.held(), 8 * kMib);
  });
  EXPECT_TRUE(Await([&] { return turns.waiting() == 1; }));
  others_.ShrinkTo(5 * kMib);
  EXPECT_TRUE(Await([&] { return WorkMemory::bytes() == 8 * kMib; }));
  others_.Release();
  waiter.join();
}

TEST_F(TurnsMemoryTest, NobodyWaitsForEver) {
  Turns turns({.at_once = 1, .waiting_max = 10});
  ASSERT_TRUE(others_.Cover(6 * kMib));
  Operation operation(&turns, 200);
  MemoryShare share(MemoryShare::Use::kPassing);
  const Deadline::Running running(&operation.deadline());
  EXPECT_EQ(operation.turn().AwaitMemory(3 * kMib, &share, operation.deadline()).code(),
            ErrorCode::kMaxTimeMSExpired);
  EXPECT_EQ(turns.waiting(), 0u);
  Turn alone(nullptr);
  EXPECT_EQ(alone.AwaitMemory(3 * kMib, &share, operation.deadline()).code(),
            ErrorCode::kTemporarilyUnavailable);
  others_.Release();
}

TEST_F(TurnsMemoryTest, NothingIsBegunWithoutRoom) {
  Turns roomy({.at_once = 1, .waiting_max = 10});
  Operation free(&roomy);
  EXPECT_TRUE(free.turn().AwaitRoom(free.deadline()).ok());
  EXPECT_EQ(roomy.long_ones(), 0u);
  // The process holds more than that all the time. One is let in, so that something gets on.
  Turns turns({.at_once = 1, .waiting_max = 10, .memory_bytes = kMib});
  auto first = std::make_unique<Operation>(&turns);
  EXPECT_TRUE(first->turn().AwaitRoom(first->deadline()).ok());
  EXPECT_EQ(turns.long_ones(), 1u);
  std::atomic<bool> begun{false};
  std::thread waiter([&] {
    Operation second(&turns);
    EXPECT_TRUE(second.turn().AwaitRoom(second.deadline()).ok());
    begun.store(true);
  });
  EXPECT_TRUE(Await([&] { return turns.waiting() == 1; }));
  EXPECT_TRUE(first->Work(200ms).ok());
  EXPECT_FALSE(begun.load());
  first.reset();
  waiter.join();
}

TEST_F(TurnsMemoryTest, WaitsWithoutWhatItHeldWhereOthersHoldMuch) {
  Turns turns({.at_once = 1, .waiting_max = 10});
  std::atomic<bool> over{false};
  std::thread first([&] {
    Operation operation(&turns);
    MemoryShare share;
    EXPECT_TRUE(share.Cover(2 * kMib));
    while (!over.load()) EXPECT_TRUE(operation.Work(1ms).ok());
  });
  EXPECT_TRUE(Await([&] { return turns.long_ones() == 1; }));
  {
    Operation second(&turns, 0, {}, true);
    EXPECT_EQ(second.Work(10s).code(), ErrorCode::kTemporarilyUnavailable);
    std::thread ends([&] {
      EXPECT_TRUE(Await([&] { return turns.waiting() == 1; }));
      over.store(true);
    });
    EXPECT_TRUE(second.turn().BeginAgain(second.deadline()).ok());
    EXPECT_TRUE(over.load());
    EXPECT_TRUE(second.Work(100ms).ok());
    ends.join();
  }
  first.join();
}

TEST_F(TurnsMemoryTest, TooManyWhoWaitForOthersMemoryAreToldSo) {
  Turns turns({.at_once = 3, .waiting_max = 1});
  std::atomic<bool> over{false};
  std::thread first([&] {
    Operation operation(&turns);
    MemoryShare share;
    EXPECT_TRUE(share.Cover(2 * kMib));
    while (!over.load()) EXPECT_TRUE(operation.Work(1ms).ok());
  });
  EXPECT_TRUE(Await([&] { return turns.long_ones() == 1; }));
  std::thread second([&] { EXPECT_TRUE(Operation(&turns).Work(100ms).ok()); });
  EXPECT_TRUE(Await([&] { return turns.waiting() == 1; }));
  // There are places, but others hold too much.
  EXPECT_EQ(Operation(&turns, 1000).Work(10s).code(), ErrorCode::kTemporarilyUnavailable);
  over.store(true);
  first.join();
  second.join();
}

TEST_F(TurnsMemoryTest, WhoBeganLastLeaves) {
  // The process holds more than that all the time.
  Turns turns({.at_once = 2, .waiting_max = 10, .memory_bytes = kMib});
  std::atomic<bool> over{false};
  std::thread first([&] {
    Operation operation(&turns);
    EXPECT_TRUE(operation.turn().AwaitRoom(operation.deadline()).ok());
    while (!over.load()) EXPECT_TRUE(operation.Work(1ms).ok());
  });
  EXPECT_TRUE(Await([&] { return turns.long_ones() == 1; }));
  // It has no place, as there is no room; and it holds memory that is needed.
  Operation second(&turns);
  EXPECT_EQ(second.Work(10s).code(), ErrorCode::kTemporarilyUnavailable);
  over.store(true);
  first.join();
  EXPECT_TRUE(second.turn().BeginAgain(second.deadline()).ok());
  EXPECT_TRUE(second.Work(100ms).ok());
}

TEST(ProcessMemoryTest, SeesWhatIsHeldAndGivenBack) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer keeps what is freed";
#endif
  ProcessMemory memory;
  const size_t before = memory.Held(1'000);
  EXPECT_GT(before, kMib);
  auto held = std::make_unique<std::string>(100 * kMib, 'x');
  EXPECT_EQ(memory.Held(1'001), before);  // Not that often.
  EXPECT_GT(memory.Held(2'000), before + 90 * kMib);
  held.reset();
  EXPECT_TRUE(memory.Trim(3'000, 250));
  EXPECT_FALSE(memory.Trim(3'100, 250));
  EXPECT_LT(memory.Held(3'100), before + 10 * kMib);
}

}  // namespace
}  // namespace cairn::base
