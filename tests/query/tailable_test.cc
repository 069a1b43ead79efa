// SPDX-License-Identifier: Apache-2.0
// Tailable cursors on capped collections; reads of views.
#include <chrono>
#include <thread>

#include "tests/query/fixture.h"

namespace cairn {
namespace {

class Tailable : public InMemory {
 protected:
  Collection Capped(const std::string& name, int64_t max = 0) {
    Collection collection = Get(name);
    CreateOptions options;
    options.capped = true;
    options.size = 1 << 20;
    if (max > 0) options.max = max;
    Must(collection.Create(options));
    return collection;
  }
  static FindOptions Tail() {
    FindOptions options;
    options.tailable = true;
    return options;
  }
};

TEST_F(Tailable, GoesOnWithWhatIsAdded) {
  Collection c = Capped("c");
  Must(c.InsertOne(J(R"({"_id":5})")));
  Cursor cursor = Must(c.Find(J("{}"), Tail()));
  ASSERT_TRUE(Must(cursor.Next()));
  EXPECT_FALSE(Must(cursor.Next()));
  EXPECT_TRUE(cursor.tailable());
  EXPECT_FALSE(cursor.Await(1));
  Must(c.InsertOne(J(R"({"_id":2})")));
  Must(c.InsertOne(J(R"({"_id":9})")));
  EXPECT_TRUE(cursor.Await(1));
  ASSERT_TRUE(Must(cursor.Next()));
  EXPECT_EQ(cursor.document()["_id"].AsInt32(), 2);
  cursor.Pause();
  ASSERT_TRUE(Must(cursor.Next()));
  EXPECT_EQ(cursor.document()["_id"].AsInt32(), 9);
  EXPECT_FALSE(Must(cursor.Next()));
  EXPECT_FALSE(Must(cursor.Next()));
}

TEST_F(Tailable, FilterThatMatchesNothingYet) {
  Collection c = Capped("c");
  Must(c.InsertOne(J(R"({"_id":1})")));
  Cursor cursor = Must(c.Find(J(R"({"a":1})"), Tail()));
  EXPECT_FALSE(Must(cursor.Next()));
  EXPECT_TRUE(cursor.tailable());
  Must(c.InsertOne(J(R"({"_id":2})")));
  EXPECT_FALSE(Must(cursor.Next()));
  Must(c.InsertOne(J(R"({"_id":3,"a":1})")));
  ASSERT_TRUE(Must(cursor.Next()));
  EXPECT_EQ(cursor.document()["_id"].AsInt32(), 3);
}

TEST_F(Tailable, WakesUpWhoWaits) {
  Collection c = Capped("c");
  Must(c.InsertOne(J(R"({"_id":1})")));
  Cursor cursor = Must(c.Find(J("{}"), Tail()));
  ASSERT_TRUE(Must(cursor.Next()));
  ASSERT_FALSE(Must(cursor.Next()));
  std::thread writer([&c] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    Must(c.InsertOne(J(R"({"_id":2})")));
  });
  EXPECT_TRUE(cursor.Await(60 * 1000));
  writer.join();
  EXPECT_TRUE(Must(cursor.Next()));
}

TEST_F(Tailable, AnOverwrittenPlaceIsLost) {
  Collection c = Capped("c", 2);
  Must(c.InsertOne(J(R"({"_id":1})")));
  Cursor cursor = Must(c.Find(J("{}"), Tail()));
  ASSERT_TRUE(Must(cursor.Next()));
  ASSERT_FALSE(Must(cursor.Next()));
  for (int i = 2; i < 6; ++i) Must(c.InsertOne(J("{\"_id\":" + std::to_string(i) + "}")));
  EXPECT_EQ(cursor.Next().status().code(), ErrorCode::kCappedPositionLost);
}

TEST_F(Tailable, DropEndsIt) {
  Collection c = Capped("c");
  Must(c.InsertOne(J(R"({"_id":1})")));
  Cursor cursor = Must(c.Find(J("{}"), Tail()));
  ASSERT_TRUE(Must(cursor.Next()));
  ASSERT_FALSE(Must(cursor.Next()));
  Must(c.Drop());
  EXPECT_TRUE(cursor.Await(60 * 1000));
  EXPECT_EQ(cursor.Next().status().code(), ErrorCode::kQueryPlanKilled);
}

TEST_F(Tailable, Refusals) {
  Collection plain = Get("plain");
  Must(plain.InsertOne(J("{}")));
  EXPECT_EQ(plain.Find(J("{}"), Tail()).status().code(), ErrorCode::kBadValue);
  Collection c = Capped("c");
  EXPECT_FALSE(Must(c.Find(J("{}"), Tail())).tailable()) << "nothing to stay behind";
  FindOptions sorted = Tail();
  sorted.sort = J(R"({"$natural":-1})");
  EXPECT_EQ(c.Find(J("{}"), sorted).status().code(), ErrorCode::kBadValue);
  sorted.sort = J(R"({"a":1})");
  EXPECT_EQ(c.Find(J("{}"), sorted).status().code(), ErrorCode::kBadValue);
}

class Views : public InMemory {
 protected:
  Collection View(const std::string& name, const std::string& on, const std::string& stages) {
    Collection view = Get(name);
    CreateOptions options;
    options.view_on = on;
    const bson::Document holder = J("{\"p\":" + stages + "}");
    options.pipeline.emplace(holder["p"].AsView());
    Must(view.Create(options));
    return view;
  }
};

TEST_F(Views, AreReadThroughTheirPipelines) {
  Collection base = Get("base");
  Fill(&base, 10, [](int i) { return "\"a\":" + std::to_string(i % 3); });
  const Collection odd = View("odd", "base", R"([{"$match":{"a":1}}])");
  const Collection high = View("high", "odd", R"([{"$match":{"_id":{"$gt":1}}}])");
  EXPECT_EQ(Integers(Must(odd.Find(J("{}")))), (std::vector<int>{1, 4, 7}));
  EXPECT_EQ(Integers(Must(high.Find(J("{}")))), (std::vector<int>{4, 7}));
  FindOptions options;
  options.sort = J(R"({"_id":-1})");
  options.limit = 1;
  EXPECT_EQ(Integers(Must(high.Find(J("{}"), options))), (std::vector<int>{7}));
  EXPECT_EQ(Must(high.Count(J("{}"))), 2);
  EXPECT_EQ(Must(high.Count(J(R"({"_id":7})"))), 1);
  EXPECT_EQ(json::ToJson(Must(odd.Distinct("a", J("{}")))), R"({"0":1})");
  bson::Document found;
  EXPECT_TRUE(Must(high.FindOne(J(R"({"_id":4})"), &found)));
  EXPECT_FALSE(Must(high.FindOne(J(R"({"_id":1})"), &found)));
  EXPECT_EQ(Must(View("none", "nothing", "[]").Count(J("{}"))), 0);
}

TEST_F(Views, DepthIsBounded) {
  for (int i = 1; i <= 20; ++i) {
    View("v" + std::to_string(i), "v" + std::to_string(i - 1), "[]");
  }
  CreateOptions options;
  options.view_on = "v20";
  EXPECT_EQ(Get("v21").Create(options).status().code(), ErrorCode::kViewDepthLimitExceeded);
  ModifyOptions cycle;
  cycle.view_on = "v20";
  EXPECT_EQ(Get("v3").Modify(cycle).status().code(), ErrorCode::kGraphContainsCycle);
}

}  // namespace
}  // namespace cairn
