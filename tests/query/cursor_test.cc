// SPDX-License-Identifier: Apache-2.0
// Cursors that pause and resume, writes in between, limits of time and memory, exact orders.
#include <algorithm>
#include <set>
#include <thread>

#include "tests/query/fixture.h"

namespace cairn {
namespace {

class CursorTest : public InMemory {};

TEST_F(CursorTest, PausesAfterEachDocument) {
  Collection c = Get("c");
  Fill(&c, 500, [](int i) { return "\"a\":" + std::to_string(i % 7) + ",\"t\":[1,2,3]"; });
  Index(&c, R"({"a":1})");
  Index(&c, R"({"t":1})");
  for (const char* filter : {"{}", R"({"a":3})", R"({"a":{"$gte":2}})", R"({"t":{"$gt":0}})",
                             R"({"_id":{"$gt":100}})", R"({"_id":{"$in":[5,1,9,400,999]}})"}) {
    for (const char* sort : {"{}", R"({"_id":-1})", R"({"a":1})"}) {
      FindOptions options;
      options.sort = J(sort);
      const std::vector<int> whole = Integers(Must(c.Find(J(filter), options)));
      Cursor cursor = Must(c.Find(J(filter), options));
      std::vector<int> paused;
      while (Must(cursor.Next())) {
        paused.push_back(cursor.document()["_id"].AsInt32());
        cursor.Pause();
      }
      EXPECT_EQ(paused, whole) << filter << sort;
      EXPECT_FALSE(whole.empty());
    }
  }
}

TEST_F(CursorTest, SeesEachDocumentOnceWhileWritersMoveThem) {
  Collection c = Get("c");
  Fill(&c, 300, [](int i) { return "\"a\":" + std::to_string(i) + ",\"keep\":1"; });
  Index(&c, R"({"a":1})");
  for (const char* filter : {R"({"keep":1})", R"({"a":{"$gte":0}})"}) {
    Cursor cursor = Must(c.Find(J(filter)));
    std::multiset<int> seen;
    int step = 0;
    while (Must(cursor.Next())) {
      const int id = cursor.document()["_id"].AsInt32();
      seen.insert(id);
      cursor.Pause();
      // Moves what was just seen ahead of the scan, and brings newcomers.
      Must(c.UpdateOne(J("{\"_id\":" + std::to_string(id) + "}"), J(R"({"$inc":{"a":1000}})"),
                       {{Durability::kRelaxed}, false}));
      Must(c.InsertOne(J("{\"_id\":" + std::to_string(-1 - step) + ",\"a\":-1}"),
                       {{Durability::kRelaxed}, true}));
      ++step;
    }
    for (int id = 0; id < 300; ++id) EXPECT_EQ(seen.count(id), 1u) << filter << id;
    Must(c.DeleteMany(J(R"({"_id":{"$lt":0}})")));
  }
}

TEST_F(CursorTest, FollowsAnIndexThatBecomesMultikey) {
  Collection c = Get("c");
  Fill(&c, 50, [](int i) { return "\"a\":" + std::to_string(i); });
  Index(&c, R"({"a":1})");
  Cursor cursor = Must(c.Find(J(R"({"a":{"$gt":9,"$lt":40}})")));
  ASSERT_TRUE(Must(cursor.Next()));
  std::multiset<int> seen = {cursor.document()["_id"].AsInt32()};
  cursor.Pause();
  // 20 matches before and after, though no key of it lies within both bounds any more.
  Must(c.UpdateOne(J(R"({"_id":20})"), J(R"({"$set":{"a":[5,100]}})")));
  while (Must(cursor.Next())) seen.insert(cursor.document()["_id"].AsInt32());
  EXPECT_EQ(seen.size(), 30u);
  EXPECT_EQ(seen.count(20), 1u);
}

TEST_F(CursorTest, RenewsItsSnapshotInLongScans) {
  Collection c = Get("c");
  Fill(&c, 45000, [](int) { return ""; });
  Index(&c, R"({"none":1})");
  // The scans reject 45,000 rows, more than a snapshot is kept for; what is inserted at their end
  // meanwhile is seen or not, and nothing else changes.
  for (const char* filter : {R"({"x":1})", R"({"none":null,"x":1})"}) {
    EXPECT_TRUE(Integers(Must(c.Find(J(filter)))).empty());
  }
  EXPECT_EQ(Integers(Must(c.Find(J(R"({"none":null})")))).size(), 45000u);
  EXPECT_EQ(Integers(Must(c.Find(J("{}")))).size(), 45000u);
}

TEST_F(CursorTest, EndsWhenTheCollectionIsDropped) {
  Collection c = Get("c");
  Fill(&c, 10, [](int i) { return "\"a\":" + std::to_string(i); });
  Cursor cursor = Must(c.Find(J("{}")));
  ASSERT_TRUE(Must(cursor.Next()));
  cursor.Pause();
  Must(c.Drop());
  EXPECT_EQ(cursor.Next().status().code(), ErrorCode::kQueryPlanKilled);
  EXPECT_FALSE(Must(cursor.Next()));  // Ended.
}

TEST_F(CursorTest, KeepsToMaxTime) {
  Collection c = Get("c");
  Fill(&c, 60000,
       [](int i) { return "\"a\":\"" + std::string(100, 'x') + std::to_string(i) + "\""; });
  FindOptions options;
  options.max_time_ms = 1;
  ErrorCode code = ErrorCode::kOk;
  // 60,000 rows may take less than a millisecond only on a machine that does not exist yet.
  Cursor cursor = Must(c.Find(J(R"({"a":"none","b":{"$not":{"$gt":5}}})"), options));
  if (auto more = cursor.Next(); !more.ok()) code = more.status().code();
  EXPECT_EQ(code, ErrorCode::kMaxTimeMSExpired);
  EXPECT_EQ(c.Count(J(R"({"a":"none"})"), options).status().code(), ErrorCode::kMaxTimeMSExpired);
}

TEST_F(CursorTest, DoesNotCountTimeBetweenCalls) {
  Collection c = Get("c");
  Fill(&c, 300, [](int) { return ""; });
  FindOptions options;
  options.max_time_ms = 200;
  Cursor cursor = Must(c.Find(J("{}"), options));
  int found = 0;
  while (Must(cursor.Next())) {
    if (++found == 1) std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
  EXPECT_EQ(found, 300);
}

TEST_F(CursorTest, SortsWithinItsMemory) {
  Collection c = Get("c");
  const std::string text(1 << 20, 'x');
  for (int i = 0; i < 110; ++i) {
    Must(c.InsertOne(J("{\"_id\":" + std::to_string(i) + ",\"a\":" + std::to_string(-i) +
                       ",\"t\":\"" + text + "\"}"),
                     {{Durability::kRelaxed}, true}));
  }
  FindOptions options;
  options.sort = J(R"({"a":1})");
  Cursor all = Must(c.Find(J("{}"), options));
  EXPECT_EQ(all.Next().status().code(), ErrorCode::kQueryExceededMemoryLimitNoDiskUseAllowed);
  options.limit = 5;
  EXPECT_EQ(Integers(Must(c.Find(J("{}"), options))), (std::vector<int>{109, 108, 107, 106, 105}));
  options.skip = 2;
  EXPECT_EQ(Integers(Must(c.Find(J("{}"), options))), (std::vector<int>{107, 106, 105, 104, 103}));
}

// Keys beyond 1,024 bytes are cut: their order is no longer that of the values.
TEST_F(CursorTest, SortsLongIdsExactly) {
  Collection c = Get("c");
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) {
    ids.push_back(std::string(1200, 'm') + static_cast<char>('a' + (i * 7) % 26) +
                  std::to_string(i));
    ids.push_back(std::string(static_cast<size_t>(i) * 30, 'm'));
  }
  for (const std::string& id : ids) {
    Must(c.InsertOne(J("{\"_id\":\"" + id + "\"}"), {{Durability::kRelaxed}, true}));
  }
  std::sort(ids.begin(), ids.end());
  for (const int direction : {1, -1}) {
    for (const bool pause : {false, true}) {
      FindOptions options;
      options.sort = bson::Builder().AppendInt32("_id", direction).Finish();
      Cursor cursor = Must(c.Find(J("{}"), options));
      std::vector<std::string> found;
      while (Must(cursor.Next())) {
        found.emplace_back(cursor.document()["_id"].AsString());
        if (pause) cursor.Pause();
      }
      EXPECT_TRUE(found == ids) << direction << pause;
    }
    std::reverse(ids.begin(), ids.end());
  }
  for (const std::string& id : ids) {
    bson::Document found;
    const bson::Document filter = bson::Builder().AppendString("_id", id).Finish();
    EXPECT_TRUE(Must(c.FindOne(filter, &found)));
    EXPECT_EQ(found["_id"].AsString(), id);
    const bson::Document above =
        bson::Builder().OpenDocument("_id").AppendString("$gte", id).Close().Finish();
    const auto at_least = std::count_if(ids.begin(), ids.end(),
                                        [&](const std::string& other) { return other >= id; });
    EXPECT_EQ(Must(c.Count(above)), at_least);
  }
}

TEST_F(CursorTest, FindsLongValuesByIndex) {
  Collection c = Get("c");
  Index(&c, R"({"a":1})");
  std::vector<std::string> values;
  for (int i = 0; i < 20; ++i) {
    values.push_back(std::string(1400 + static_cast<size_t>(i) * 10, 'v') + std::to_string(i));
    Must(c.InsertOne(J("{\"_id\":" + std::to_string(i) + ",\"a\":\"" + values.back() + "\"}"),
                     {{Durability::kRelaxed}, true}));
  }
  for (const std::string& value : values) {
    for (const char* op : {"$eq", "$gt", "$gte", "$lt", "$lte"}) {
      const auto expected = std::count_if(values.begin(), values.end(), [&](const auto& other) {
        const int order = other.compare(value);
        const std::string_view name = op;
        return name == "$eq"    ? order == 0
               : name == "$gt"  ? order > 0
               : name == "$gte" ? order >= 0
               : name == "$lt"  ? order < 0
                                : order <= 0;
      });
      const bson::Document filter =
          bson::Builder().OpenDocument("a").AppendString(op, value).Close().Finish();
      EXPECT_EQ(Must(c.Count(filter)), expected) << op << value.size();
    }
  }
}

TEST_F(CursorTest, RefusesNegativeNumbers) {
  Collection c = Get("c");
  for (int64_t FindOptions::*member :
       {&FindOptions::skip, &FindOptions::limit, &FindOptions::max_time_ms}) {
    FindOptions options;
    options.*member = -1;
    bson::Document found;
    EXPECT_EQ(c.Find(J("{}"), options).status().code(), ErrorCode::kBadValue);
    EXPECT_EQ(c.FindOne(J(R"({"_id":1})"), &found, options).status().code(), ErrorCode::kBadValue);
    EXPECT_EQ(c.Count(J("{}"), options).status().code(), ErrorCode::kBadValue);
  }
}

TEST_F(CursorTest, SkipsAndLimitsOfAnySize) {
  Collection c = Get("c");
  Fill(&c, 5, [](int) { return "\"a\":1"; });
  FindOptions options;
  options.sort = J(R"({"a":1})");
  options.skip = INT64_MAX;
  options.limit = INT64_MAX;
  EXPECT_TRUE(Integers(Must(c.Find(J("{}"), options))).empty());
  options.skip = 0;
  EXPECT_EQ(Integers(Must(c.Find(J("{}"), options))).size(), 5u);
  options.skip = INT64_MAX;
  EXPECT_EQ(Must(c.Count(J("{}"), options)), 0);
}

TEST_F(CursorTest, DistinctKeepsToADocumentsSize) {
  Collection c = Get("c");
  for (int i = 0; i < 17; ++i) {
    Must(c.InsertOne(J("{\"a\":\"" + std::to_string(i) + std::string(1 << 20, 'x') + "\"}"),
                     {{Durability::kRelaxed}, true}));
  }
  EXPECT_EQ(c.Distinct("a", J("{}")).status().code(), ErrorCode::kLocation17217);
  FindOptions few;
  few.limit = 3;
  EXPECT_TRUE(c.Distinct("a", J("{}"), few).ok());
}

}  // namespace
}  // namespace cairn
