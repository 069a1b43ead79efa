// SPDX-License-Identifier: Apache-2.0
#include "cairn/work_memory.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

#include "engine/base/out_of_memory.h"

namespace cairn {
namespace {

constexpr size_t kMib = size_t{1} << 20;
constexpr MemoryShare::Use kPassing = MemoryShare::Use::kPassing;

class WorkMemoryTest : public testing::Test {
 protected:
  void SetUp() override { WorkMemory::SetBytesMax(8 * kMib); }
  void TearDown() override {
    EXPECT_EQ(WorkMemory::bytes(), 0u);
    WorkMemory::SetBytesMax(WorkMemory::kDefaultBytesMax);
  }
};

TEST_F(WorkMemoryTest, SharesGrowUntilThereIsNoMore) {
  MemoryShare one(kPassing);
  MemoryShare other(kPassing);
  EXPECT_TRUE(one.Cover(5 * kMib));
  EXPECT_FALSE(other.Cover(4 * kMib));
  EXPECT_TRUE(other.Cover(3 * kMib));
  EXPECT_FALSE(one.Cover(6 * kMib));
  EXPECT_TRUE(one.Cover(5 * kMib));
  one.Release();
  EXPECT_TRUE(other.Cover(8 * kMib));
  EXPECT_FALSE(other.Cover(~size_t{0} / 2));
}

TEST_F(WorkMemoryTest, WhatIsKeptLeavesHalfToWhatPasses) {
  MemoryShare kept;
  MemoryShare more;
  EXPECT_FALSE(kept.Cover(5 * kMib));
  EXPECT_TRUE(kept.Cover(4 * kMib));
  EXPECT_FALSE(more.Cover(1 * kMib));
  MemoryShare passing(kPassing);
  EXPECT_TRUE(passing.Cover(4 * kMib));
}

TEST_F(WorkMemoryTest, SmallSharesAreFree) {
  MemoryShare all(kPassing);
  ASSERT_TRUE(all.Cover(8 * kMib));
  MemoryShare small;
  EXPECT_TRUE(small.Cover(MemoryShare::kFreeBytes));
  EXPECT_FALSE(small.Cover(MemoryShare::kFreeBytes + 1));
}

TEST_F(WorkMemoryTest, WhatIsMovedCountsOnce) {
  MemoryShare one;
  ASSERT_TRUE(one.Cover(4 * kMib));
  MemoryShare other(std::move(one));
  EXPECT_EQ(WorkMemory::bytes(), 4 * kMib);
  other = MemoryShare();
  EXPECT_EQ(WorkMemory::bytes(), 0u);
}

TEST_F(WorkMemoryTest, AShareShrinks) {
  MemoryShare share(kPassing);
  ASSERT_TRUE(share.Cover(4 * kMib));
  share.ShrinkTo(5 * kMib);
  EXPECT_EQ(share.held(), 4 * kMib);
  share.ShrinkTo(kMib);
  EXPECT_EQ(WorkMemory::bytes(), kMib);
  share.ShrinkTo(MemoryShare::kFreeBytes);
  EXPECT_EQ(WorkMemory::bytes(), 0u);
}

TEST_F(WorkMemoryTest, AShareCoversTheLastByte) {
  WorkMemory::SetBytesMax(8 * kMib + 100);
  MemoryShare share(kPassing);
  EXPECT_FALSE(share.Cover(8 * kMib + 101));
  EXPECT_TRUE(share.Cover(8 * kMib + 100));
  EXPECT_EQ(WorkMemory::bytes(), 8 * kMib + 100);
  share.ShrinkTo(8 * kMib - 1);
  EXPECT_EQ(WorkMemory::bytes(), 8 * kMib);
}

TEST_F(WorkMemoryTest, AThreadKnowsWhatItsWorkHolds) {
  const int64_t before = WorkMemory::thread_bytes();
  MemoryShare share(kPassing);
  ASSERT_TRUE(share.Cover(4 * kMib));
  EXPECT_EQ(WorkMemory::thread_bytes() - before, int64_t{4 * kMib});
  std::thread([] {
    MemoryShare other(kPassing);
    EXPECT_TRUE(other.Cover(2 * kMib));
  }).join();
  share.ShrinkTo(kMib);
  EXPECT_EQ(WorkMemory::thread_bytes() - before, int64_t{kMib});
  share.Release();
  EXPECT_EQ(WorkMemory::thread_bytes(), before);
}

TEST_F(WorkMemoryTest, OnlyOthersAreInTheWay) {
  base::BeginOperation();
  MemoryShare own(kPassing);
  ASSERT_TRUE(own.Cover(7 * kMib));
  EXPECT_FALSE(base::OthersAreInTheWay(2 * kMib));
  own.Release();
  std::thread([] {
    base::BeginOperation();
    MemoryShare other(kPassing);
    ASSERT_TRUE(other.Cover(7 * kMib));
    std::thread([] { EXPECT_TRUE(base::OthersAreInTheWay(2 * kMib)); }).join();
    EXPECT_FALSE(base::OthersAreInTheWay(2 * kMib));
  }).join();
}

TEST_F(WorkMemoryTest, ThreadsNeverHoldMoreThanThereIs) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (size_t round = 0; round < 2000; ++round) {
        MemoryShare share(kPassing);
        static_cast<void>(share.Cover((1 + round % 7) * kMib));
        EXPECT_LE(WorkMemory::bytes(), 8 * kMib);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace cairn
