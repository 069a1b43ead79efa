// SPDX-License-Identifier: Apache-2.0
// Partitions of $setWindowFields, in memory and on disk.
#include "query/pipeline/partition.h"

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "tests/query/fixture.h"

namespace cairn::pipeline {
namespace {

constexpr int kRows = 3000;

std::string Word(int row) { return std::string(static_cast<size_t>(row % 700), 'x'); }

void FillPartition(Partition* partition) {
  for (int i = 0; i < kRows; ++i) {
    const bson::Document document =
        J("{\"i\":" + std::to_string(i) + ",\"w\":\"" + Word(i) + "\"}");
    ASSERT_TRUE(partition->Add(document, std::to_string(i / 3)).ok());
  }
}

TEST(Partition, GivesAnyDocumentFromMemoryAndFromDisk) {
  const std::string directory = std::filesystem::temp_directory_path();
  for (const size_t bytes_max : {size_t{100} << 20, size_t{300} << 10, size_t{1}}) {
    Partition partition(directory, bytes_max);
    FillPartition(&partition);
    ASSERT_EQ(partition.size(), static_cast<size_t>(kRows));
    EXPECT_EQ(partition.spills().count > 0, bytes_max < (size_t{1} << 20));
    std::mt19937 random(7);
    // As many views as are promised, all at once.
    std::vector<std::pair<size_t, bson::View>> seen;
    for (int i = 0; i < 20'000; ++i) {
      if (seen.size() == Partition::kViewsMin) seen.erase(seen.begin());
      const size_t row = i % 3 == 0 ? random() % kRows : static_cast<size_t>(i) % kRows;
      seen.emplace_back(row, partition.document(row));
      for (const auto& [number, document] : seen) {
        ASSERT_EQ(document["i"].AsInt32(), static_cast<int>(number));
        ASSERT_EQ(document["w"].AsString(), Word(static_cast<int>(number)));
      }
    }
    EXPECT_TRUE(partition.status().ok());
    for (size_t row = 0; row < kRows; ++row) EXPECT_EQ(partition.IsTied(row), row % 3 != 0);
  }
}

TEST(Partition, RefusesMoreThanMemoryWhereNothingMayGoToDisk) {
  Partition partition("", 1000);
  const bson::Document document = J(R"({"w":"0123456789"})");
  Status status;
  for (int i = 0; i < 100 && status.ok(); ++i) status = partition.Add(document, "");
  EXPECT_EQ(status.code(), ErrorCode::kExceededMemoryLimit);
}

}  // namespace
}  // namespace cairn::pipeline
