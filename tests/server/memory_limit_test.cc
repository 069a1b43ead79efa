// SPDX-License-Identifier: Apache-2.0
#include "server/cli/memory_limit.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/server/program.h"

namespace cairn::server {
namespace {

constexpr uint64_t kGib = uint64_t{1} << 30;
constexpr uint64_t kNoLimit = ~uint64_t{0};

TEST(MemoryLimit, ThreeQuartersOfItAreTakenAtMost) {
  struct Case {
    uint64_t limit_bytes;
    size_t memory_mb;
  };
  for (const Case& row : {Case{kNoLimit, 1024}, Case{2 * kGib, 1024}, Case{kGib, 768},
                          Case{kGib / 4, 192}, Case{kGib / 1024, kMemoryMbMin}}) {
    EXPECT_EQ(MemoryMbWithin(1024, row.limit_bytes), row.memory_mb) << row.limit_bytes;
  }
}

TEST(MemoryLimit, LittleMemoryMeansFewWorkers) {
  EXPECT_EQ(WorkersWithin(32, kGib), 32);
  EXPECT_EQ(WorkersWithin(8, kGib), 8);
  EXPECT_EQ(WorkersWithin(32, kGib / 4), 9);
  EXPECT_EQ(WorkersWithin(32, kGib / 64), 4);
}

TEST(MemoryLimit, LittleMemoryLetsFewWait) {
  EXPECT_EQ(WaitingWithin(kGib), 256u);
  EXPECT_EQ(WaitingWithin(kGib / 8), 51u);
  EXPECT_EQ(WaitingWithin(kGib / 64), 16u);
}

TEST(MemoryLimit, TheTightestGroupOnTheWayUpCounts) {
  const TemporaryDirectory scratch;
  const std::string root = scratch / "groups";
  std::filesystem::create_directories(root + "/outer/inner");
  const std::string membership = scratch / "membership";
  std::ofstream(membership) << "0::/outer/inner\n";
  EXPECT_EQ(MemoryLimitBytes(root, membership), kNoLimit);
  std::ofstream(root + "/outer/inner/memory.max") << "max\n";
  EXPECT_EQ(MemoryLimitBytes(root, membership), kNoLimit);
  std::ofstream(root + "/outer/memory.max") << "1000\n";
  EXPECT_EQ(MemoryLimitBytes(root, membership), 1000u);
  std::ofstream(root + "/memory.max") << "900\n";
  EXPECT_EQ(MemoryLimitBytes(root, membership), 900u);
  EXPECT_EQ(MemoryLimitBytes(scratch / "none", scratch / "none"), kNoLimit);
}

}  // namespace
}  // namespace cairn::server
