// SPDX-License-Identifier: Apache-2.0
#include "server/net/slots.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

namespace cairn::server {
namespace {

// What a connection is does not matter here.
Connection* Fake(uintptr_t number) { return reinterpret_cast<Connection*>(number * 64); }

TEST(SlotsTest, OneTakesAndTheOthersLeaveWord) {
  Slots slots(1);
  const Slots::Id id = slots.Add(Fake(1));
  EXPECT_EQ(slots.Take(id, false), nullptr) << "who adds it has it";
  EXPECT_FALSE(slots.Leave(id)) << "something came meanwhile";
  EXPECT_TRUE(slots.Leave(id));
  EXPECT_EQ(slots.Take(id, false), Fake(1));
  EXPECT_TRUE(slots.Leave(id));
  EXPECT_EQ(slots.Take(id, true), Fake(1));
  EXPECT_FALSE(slots.Leave(id)) << "it was to look again";
  EXPECT_TRUE(slots.Leave(id));
}

TEST(SlotsTest, AnEventOfOneThatIsGoneFindsNothing) {
  Slots slots(2);
  const Slots::Id first = slots.Add(Fake(1));
  const Slots::Id second = slots.Add(Fake(2));
  EXPECT_EQ(slots.Add(Fake(3)), Slots::kNone);
  slots.Remove(first);
  EXPECT_EQ(slots.Take(first, true), nullptr);
  const Slots::Id third = slots.Add(Fake(3));
  EXPECT_NE(third, first);
  EXPECT_TRUE(slots.Leave(third));
  EXPECT_EQ(slots.Take(first, true), nullptr);
  EXPECT_EQ(slots.Take(third, false), Fake(3));
  EXPECT_TRUE(slots.Leave(second));
}

// Each event is either taken, or seen by the one who has the connection: none is lost, and never do
// two have it.
TEST(SlotsTest, NoEventIsLostAmongMany) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 20'000;
  constexpr int kEvents = 10;  // A thread, in each round.
  Slots slots(1);
  const Slots::Id id = slots.Add(Fake(1));
  ASSERT_TRUE(slots.Leave(id));
  std::atomic<int> sent{0};
  std::atomic<int> having{0};
  int seen = 0;  // Belongs to the one who has it.
  int lost = 0;
  std::barrier round(kThreads, [&]() noexcept { lost += seen != sent.load(); });
  const auto work = [&] {
    for (int i = 0; i < kRounds * kEvents; ++i) {
      sent.fetch_add(1);
      if (slots.Take(id, i % 7 == 0) != nullptr) {
        do {
          EXPECT_EQ(having.fetch_add(1), 0);
          seen = sent.load();
          having.fetch_sub(1);
        } while (!slots.Leave(id));
      }
      if (i % kEvents == 0) round.arrive_and_wait();
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lost, 0);
}

}  // namespace
}  // namespace cairn::server
