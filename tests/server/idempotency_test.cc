// SPDX-License-Identifier: Apache-2.0
// The table behind Idempotency-Key.
#include "server/http/idempotency.h"

#include <gtest/gtest.h>

#include <string>

namespace cairn::server {
namespace {

Request Make(const std::string& key, const std::string& body) {
  Request request;
  request.method = "POST";
  request.path = "/v1/d/c";
  request.body = body;
  if (!key.empty()) request.headers.emplace_back("Idempotency-Key", key);
  return request;
}

class IdempotencyTest : public testing::Test {
 protected:
  IdempotencyTest() : table_(Options()) {}
  IdempotencyOptions Options() {
    IdempotencyOptions options;
    options.replies_max = 3;
    options.bytes_max = 10'000;
    options.age_ms_max = 1000;
    options.now_ms = [this] { return now_ms_; };
    return options;
  }
  int Do(const std::string& key, const std::string& body, int status = 201, size_t bytes = 2) {
    return table_
        .Once(Make(key, body),
              [&] {
                ++done_;
                Reply reply;
                reply.status = status;
                reply.body.assign(bytes, 'x');
                return reply;
              })
        .status;
  }

  int64_t now_ms_ = 0;
  int done_ = 0;
  IdempotencyTable table_;
};

TEST_F(IdempotencyTest, KeepsRepliesWithinItsLimits) {
  EXPECT_EQ(Do("a", "1"), 201);
  EXPECT_EQ(Do("a", "1"), 201);
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(Do("a", "2"), 422);
  for (const char* key : {"b", "c", "d"}) Do(key, "1");
  EXPECT_EQ(table_.size(), 3u);
  EXPECT_EQ(Do("a", "2"), 201);  // The oldest was forgotten.
  now_ms_ = 2000;
  EXPECT_EQ(Do("d", "other"), 201);  // As were those that were old.
  EXPECT_EQ(table_.size(), 1u);
  Do("large", "1", 201, 20'000);
  EXPECT_EQ(table_.size(), 1u);
  EXPECT_EQ(Do("e", "1", 201, 9000), 201);
  EXPECT_EQ(table_.size(), 1u);
}

TEST_F(IdempotencyTest, FailuresOfTheServerMayBeTriedAgain) {
  EXPECT_EQ(Do("a", "1", 503), 503);
  EXPECT_EQ(Do("a", "1", 201), 201);
  EXPECT_EQ(Do("b", "1", 409), 409);
  EXPECT_EQ(Do("b", "1", 201), 409);
  EXPECT_EQ(Do("", "1"), 201);
  EXPECT_EQ(Do("", "1"), 201);
  EXPECT_EQ(Do(std::string(256, 'k'), "1"), 400);
}

TEST_F(IdempotencyTest, ARequestUnderWayIsNotDoneTwice) {
  const Reply outer = table_.Once(Make("a", "1"), [this] {
    EXPECT_EQ(Do("a", "1"), 409);
    return Reply();
  });
  EXPECT_EQ(outer.status, 200);
  EXPECT_EQ(done_, 0);
}

}  // namespace
}  // namespace cairn::server
