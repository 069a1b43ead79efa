// SPDX-License-Identifier: Apache-2.0
// The cursor table: ids, expiry, bounds, and one user at a time.
#include "server/command/cursor_table.h"

#include <gtest/gtest.h>

#include <set>

namespace cairn::server {
namespace {

constexpr char kNs[] = "db.c";

class CursorTableTest : public testing::Test {
 protected:
  CursorTableTest()
      : table_({.idle_ms_max = 1000, .per_client_max = 3, .total_max = 5, .now_ms = [this] {
                  return now_ms_;
                }}) {}

  static OpenCursor Make(const std::string& client) {
    OpenCursor cursor;
    cursor.ns = kNs;
    cursor.client = client;
    cursor.source = std::make_unique<ListSource>(std::vector<bson::Document>());
    return cursor;
  }

  int64_t now_ms_ = 5;
  CursorTable table_;
};

TEST_F(CursorTableTest, GivesPositiveDistinctIds) {
  CursorTable table;
  std::set<int64_t> ids;
  for (int i = 0; i < 500; ++i) {
    const int64_t id = table.Add(Make("a")).value();
    EXPECT_GT(id, 0);
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 500u);
  // Sequential ids would be close together.
  EXPECT_GT(*ids.rbegin() - *ids.begin(), int64_t{1} << 40);
}

TEST_F(CursorTableTest, LendsToOneAtATime) {
  const int64_t id = table_.Add(Make("a")).value();
  auto taken = table_.Take(id, kNs);
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(table_.Take(id, kNs).status().code(), ErrorCode::kCursorInUse);
  table_.GiveBack(id, std::move(taken).value());
  EXPECT_TRUE(table_.Take(id, kNs).ok());
}

TEST_F(CursorTableTest, RefusesAnotherNamespace) {
  const int64_t id = table_.Add(Make("a")).value();
  EXPECT_EQ(table_.Take(id, "db.d").status().code(), ErrorCode::kUnauthorized);
  EXPECT_TRUE(table_.Take(id, kNs).ok());
}

TEST_F(CursorTableTest, ForgetsEndedAndKilled) {
  const int64_t ended = table_.Add(Make("a")).value();
  OpenCursor cursor = table_.Take(ended, kNs).value();
  cursor.ended = true;
  table_.GiveBack(ended, std::move(cursor));
  EXPECT_EQ(table_.Take(ended, kNs).status().code(), ErrorCode::kCursorNotFound);

  const int64_t killed = table_.Add(Make("a")).value();
  EXPECT_TRUE(table_.Kill(killed));
  EXPECT_FALSE(table_.Kill(killed));

  const int64_t in_use = table_.Add(Make("a")).value();
  cursor = table_.Take(in_use, kNs).value();
  EXPECT_TRUE(table_.Kill(in_use));
  EXPECT_EQ(table_.Take(in_use, kNs).status().code(), ErrorCode::kCursorNotFound);
  table_.GiveBack(in_use, std::move(cursor));
  EXPECT_EQ(table_.size(), 0u);
}

TEST_F(CursorTableTest, ExpiresIdleCursors) {
  const int64_t id = table_.Add(Make("a")).value();
  now_ms_ += 1000;
  table_.GiveBack(id, table_.Take(id, kNs).value());
  now_ms_ += 1000;
  table_.GiveBack(id, table_.Take(id, kNs).value());
  now_ms_ += 1001;
  EXPECT_EQ(table_.Take(id, kNs).status().code(), ErrorCode::kCursorNotFound);
  EXPECT_EQ(table_.size(), 0u);
}

TEST_F(CursorTableTest, SweepsWhatNobodyAsksFor) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(table_.Add(Make("a")).ok());
  now_ms_ += 20'000;
  ASSERT_TRUE(table_.Add(Make("a")).ok());
  EXPECT_EQ(table_.size(), 1u);
}

TEST_F(CursorTableTest, LeavesMemoryThatOthersNeed) {
  std::vector<int64_t> ids;
  for (const int64_t bytes : {0, 1000, 1000, 1000}) {
    OpenCursor cursor = Make(bytes == 0 ? "a" : "b");
    cursor.work_bytes = bytes;
    ids.push_back(table_.Add(std::move(cursor)).value());
    now_ms_ += 100;
  }
  EXPECT_FALSE(table_.CloseIdle(500));
  // Two of the three that hold something, those that were used first.
  EXPECT_TRUE(table_.CloseIdle(100));
  EXPECT_TRUE(table_.Take(ids[0], kNs).ok());
  EXPECT_EQ(table_.Take(ids[1], kNs).status().code(), ErrorCode::kCursorNotFound);
  EXPECT_EQ(table_.Take(ids[2], kNs).status().code(), ErrorCode::kCursorNotFound);
  // Not one that is being read.
  EXPECT_TRUE(table_.Take(ids[3], kNs).ok());
  EXPECT_FALSE(table_.CloseIdle(0));
}

TEST_F(CursorTableTest, BoundsEachClientAndAll) {
  std::vector<int64_t> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(table_.Add(Make("a")).value());
  EXPECT_EQ(table_.Add(Make("a")).status().code(), ErrorCode::kTooManyRequests);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(table_.Add(Make("b")).ok());
  EXPECT_EQ(table_.Add(Make("c")).status().code(), ErrorCode::kTooManyRequests);
  EXPECT_TRUE(table_.Kill(ids[0]));
  EXPECT_TRUE(table_.Add(Make("a")).ok());
}

}  // namespace
}  // namespace cairn::server
