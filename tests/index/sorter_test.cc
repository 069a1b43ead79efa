// SPDX-License-Identifier: Apache-2.0
#include "engine/index/sorter.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>

namespace cairn::index {
namespace {

std::string Directory() {
  const std::string path = testing::TempDir() + "cairn_sorter_" + std::to_string(::getpid());
  std::filesystem::create_directories(path);
  return path;
}

void CheckAgainstModel(const std::string& directory, size_t bytes_max, int pairs) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::multimap<std::string, std::string> model;
  Sorter sorter(directory, bytes_max, nullptr);
  for (int i = 0; i < pairs; ++i) {
    std::string key(random() % 20, '\0');
    for (char& c : key) c = static_cast<char>(random() % 3 == 0 ? random() : 0);
    if (i % 1000 == 0) key.append(100'000, 'k');  // longer than a buffer
    const std::string value = std::to_string(random() % 1000);
    ASSERT_TRUE(sorter.Add(key, value).ok());
    model.emplace(key, value);
  }
  ASSERT_TRUE(sorter.Finish().ok());
  EXPECT_EQ(sorter.size(), static_cast<uint64_t>(pairs));
  std::multimap<std::string, std::string> seen;
  std::string last;
  for (;;) {
    std::string_view key;
    std::string_view value;
    const Result<bool> more = sorter.Next(&key, &value);
    ASSERT_TRUE(more.ok()) << more.status().ToString();
    if (!*more) break;
    ASSERT_GE(key, last);
    last = key;
    seen.emplace(key, value);
  }
  // Values of equal keys come in any order.
  ASSERT_EQ(seen.size(), model.size());
  for (auto at = model.begin(); at != model.end(); at = model.upper_bound(at->first)) {
    std::multiset<std::string> expected;
    std::multiset<std::string> found;
    for (auto [i, end] = model.equal_range(at->first); i != end; ++i) expected.insert(i->second);
    for (auto [i, end] = seen.equal_range(at->first); i != end; ++i) found.insert(i->second);
    ASSERT_EQ(found, expected);
  }
  const bool spilled = sorter.spilled_runs() > 0;
  EXPECT_EQ(spilled, !directory.empty() && pairs > 0 && bytes_max < 1'000'000);
}

TEST(Sorter, InMemory) { CheckAgainstModel("", 1000, 20000); }
TEST(Sorter, Empty) { CheckAgainstModel(Directory(), 1000, 0); }
TEST(Sorter, FitsInMemory) { CheckAgainstModel(Directory(), size_t{64} << 20, 20000); }
TEST(Sorter, Spills) { CheckAgainstModel(Directory(), 100'000, 20000); }
TEST(Sorter, SpillsTinyRuns) { CheckAgainstModel(Directory(), 1000, 5000); }

TEST(Sorter, LeavesNoFile) {
  const std::string directory = Directory() + "/empty";
  std::filesystem::create_directories(directory);
  {
    Sorter sorter(directory, 100, "A test");
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(sorter.Add(std::to_string(i), "v").ok());
    EXPECT_GT(sorter.spilled_runs(), 0u);
    EXPECT_TRUE(std::filesystem::is_empty(directory));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory));
}

TEST(Sorter, MissingDirectory) {
  Sorter sorter("/nonexistent/directory", 100, "A test");
  Status status;
  for (int i = 0; i < 100 && status.ok(); ++i) status = sorter.Add(std::to_string(i), "v");
  EXPECT_EQ(status.code(), ErrorCode::kOperationFailed);
}

}  // namespace
}  // namespace cairn::index
