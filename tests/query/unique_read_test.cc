// SPDX-License-Identifier: Apache-2.0
// FindOne by a value of a unique index goes a short way: what it finds is what a scan finds,
// whatever the index and the documents are, and while they change.
#include <atomic>
#include <string>
#include <thread>

#include "tests/query/fixture.h"

namespace cairn {
namespace {

class UniqueRead : public InMemory {
 protected:
  void MakeIndex(Collection* c, const std::string& keys, const std::string& options = "{}") {
    IndexModel model;
    model.keys = J(keys);
    model.unique = true;
    model.options = J(options);
    ASSERT_TRUE(c->CreateIndexes({&model, 1}).ok()) << keys << options;
  }

  static std::string One(const Collection& c, const std::string& filter, const char* hint) {
    FindOptions options;
    const bson::Document natural = J(R"({"h":{"$natural":1}})");
    if (hint != nullptr) options.hint = natural["h"];
    bson::Document found;
    return Must(c.FindOne(J(filter), &found, options)) ? json::ToJson(found) : "none";
  }
};

TEST_F(UniqueRead, FindsWhatAScanFinds) {
  struct Case {
    const char* keys;
    const char* options;
  };
  const Case cases[] = {
      {R"({"k":1})", "{}"},
      {R"({"k":-1})", "{}"},
      {R"({"k":1})", R"({"sparse":true})"},
      {R"({"k":1})", R"({"hidden":true})"},
      {R"({"k":1})", R"({"partialFilterExpression":{"k":{"$gt":3}}})"},
      {R"({"k":1})", R"({"collation":{"locale":"en","strength":2}})"},
      {R"({"k.x":1})", "{}"},
      {R"({"k":1,"n":1})", "{}"},
  };
  const std::string long_text(3000, 'z');
  const std::string values[] = {"1",
                                "2.5",
                                "\"a\"",
                                "\"b\"",
                                "[7,8]",
                                "{\"x\":4}",
                                "{\"x\":[5,6]}",
                                "true",
                                "\"" + long_text + "1\"",
                                "\"" + long_text + "2\"",
                                "{\"$numberDecimal\":\"9.5\"}",
                                "{\"$date\":\"2020-01-01T00:00:00Z\"}"};
  int number = 0;
  for (const Case& each : cases) {
    Collection c = Get("c" + std::to_string(number++));
    MakeIndex(&c, each.keys, each.options);
    int id = 0;
    for (const std::string& value : values) {
      const std::string field = std::string_view(each.keys).find("k.x") != std::string_view::npos
                                    ? "{\"x\":" + value + "}"
                                    : value;
      Must(c.InsertOne(J("{\"_id\":" + std::to_string(id) + ",\"n\":" + std::to_string(id) +
                         ",\"k\":" + field + "}")));
      ++id;
    }
    for (const char* path : {"k", "k.x"}) {
      for (const std::string& value : values) {
        const std::string filter = std::string("{\"") + path + "\":" + value + "}";
        EXPECT_EQ(One(c, filter, nullptr), One(c, filter, "natural")) << each.keys << filter;
      }
      for (const char* value : {"7", "8", "4", "5", "9.5", "\"A\"", "null", "99",
                                "{\"$numberLong\":\"1\"}", "{\"$numberDouble\":\"NaN\"}"}) {
        const std::string filter = std::string("{\"") + path + "\":" + value + "}";
        EXPECT_EQ(One(c, filter, nullptr), One(c, filter, "natural")) << each.keys << filter;
      }
    }
  }
}

// What is given has the key, though index and document are read one after the other.
TEST_F(UniqueRead, FollowsAKeyThatMoves) {
  Collection c = Get("c");
  MakeIndex(&c, R"({"k":1})");
  Must(c.InsertOne(J(R"({"_id":0,"k":"key"})")));
  Must(c.InsertOne(J(R"({"_id":1,"k":"other"})")));
  std::atomic<bool> stop{false};
  std::thread mover([&] {
    for (int i = 0; !stop; ++i) {
      Must(c.UpdateOne(J(i % 2 == 0 ? R"({"_id":0})" : R"({"_id":1})"),
                       J(R"({"$set":{"k":"moving"}})")));
      Must(c.UpdateOne(J(i % 2 == 0 ? R"({"_id":1})" : R"({"_id":0})"),
                       J(R"({"$set":{"k":"key"}})")));
      Must(c.UpdateOne(J(i % 2 == 0 ? R"({"_id":0})" : R"({"_id":1})"),
                       J(R"({"$set":{"k":"other"}})")));
    }
  });
  for (int i = 0; i < 3000; ++i) {
    bson::Document found;
    if (Must(c.FindOne(J(R"({"k":"key"})"), &found))) {
      EXPECT_EQ(found["k"].AsString(), "key");
    }
  }
  stop = true;
  mover.join();
}

TEST_F(UniqueRead, IsCountedAndProfiled) {
  Collection c = Get("c");
  MakeIndex(&c, R"({"k":1})");
  Must(c.InsertOne(J(R"({"_id":0,"k":5})")));
  OperationProfile profile;
  {
    const Profiling profiling(&profile, 0);
    EXPECT_EQ(One(c, R"({"k":5})", nullptr), R"({"_id":0,"k":5})");
  }
  EXPECT_EQ(profile.keys_examined, 1U);
  EXPECT_EQ(profile.docs_examined, 1U);
  EXPECT_EQ(profile.plan, "IXSCAN");
}

}  // namespace
}  // namespace cairn
