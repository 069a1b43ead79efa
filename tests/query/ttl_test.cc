// SPDX-License-Identifier: Apache-2.0
// TTL indexes: what a pass deletes, and what it leaves.
#include <gtest/gtest.h>

#include "cairn/cairn.h"
#include "query/engine.h"
#include "query/plan/partial_filter.h"
#include "query/ttl_monitor.h"

namespace cairn {
namespace {

bson::Document J(const std::string& text) {
  auto document = json::Parse(text);
  EXPECT_TRUE(document.ok()) << text << ": " << document.status().ToString();
  return std::move(document).value();
}

TEST(TtlMonitor, DeletesWhatHasExpired) {
  kv::OpenOptions options;
  options.in_memory = true;
  Engine engine(store::DocumentStore::Open(options, plan::CompilePartialFilter).value(), 1 << 20,
                "", {});
  Collection sessions(&engine, "d", "sessions");
  const std::vector<IndexModel> indexes = {
      {"", J(R"({"seen":1})"), false, J(R"({"expireAfterSeconds":100})")},
      {"", J(R"({"part":1})"), false,
       J(R"({"expireAfterSeconds":0,"partialFilterExpression":{"done":true}})")}};
  ASSERT_TRUE(sessions.CreateIndexes(indexes).ok());
  for (const char* document :
       {R"({"_id":1,"seen":{"$date":{"$numberLong":"0"}}})",
        R"({"_id":2,"seen":{"$date":{"$numberLong":"900001"}}})",
        R"({"_id":3,"seen":[{"$date":{"$numberLong":"0"}},{"$date":{"$numberLong":"2000000"}}]})",
        R"({"_id":4,"seen":"never"})", R"({"_id":5})",
        R"({"_id":6,"part":{"$date":{"$numberLong":"5"}},"done":true})",
        R"({"_id":7,"part":{"$date":{"$numberLong":"5"}},"done":false})"}) {
    ASSERT_TRUE(sessions.InsertOne(J(document)).ok());
  }
  TtlMonitor monitor(&engine, 0);
  EXPECT_EQ(monitor.RunPass(1'000'000), 3);
  EXPECT_EQ(sessions.Count(bson::View()).value(), 4);
  EXPECT_EQ(monitor.RunPass(1'000'000), 0);
  EXPECT_EQ(monitor.RunPass(1'000'002), 1);
  ModifyOptions hide;
  hide.index.emplace();
  hide.index->name = "seen_1";
  hide.index->change.hidden = true;
  ASSERT_TRUE(sessions.Modify(hide).ok());
  EXPECT_EQ(sessions.Count(J(R"({"_id":{"$in":[4,5,7]}})")).value(), 3);
}

TEST(TtlMonitor, ManyBatches) {
  kv::OpenOptions options;
  options.in_memory = true;
  Engine engine(store::DocumentStore::Open(options, plan::CompilePartialFilter).value(), 1 << 20,
                "", {});
  Collection log(&engine, "d", "log");
  const std::vector<IndexModel> indexes = {
      {"", J(R"({"at":1})"), false, J(R"({"expireAfterSeconds":0})")}};
  ASSERT_TRUE(log.CreateIndexes(indexes).ok());
  const bson::Document old = J(R"({"at":{"$date":{"$numberLong":"5"}}})");
  const std::vector<bson::View> documents(1700, old);
  ASSERT_TRUE(log.InsertMany(documents).ok());
  TtlMonitor monitor(&engine, 0);
  EXPECT_EQ(monitor.RunPass(1000), 1700);
}

}  // namespace
}  // namespace cairn
