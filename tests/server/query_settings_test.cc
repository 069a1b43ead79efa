// SPDX-License-Identifier: Apache-2.0
// Query settings: which indexes reads of a shape may use, and refusals; and what the plan cache
// tells.
#include <gtest/gtest.h>

#include "tests/server/command_fixture.h"

namespace cairn::server {
namespace {

class QuerySettings : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    Must(
        R"({"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a"},{"key":{"b":1},"name":"b"}]})");
    std::string documents;
    for (int i = 0; i < 50; ++i) {
      const std::string n = std::to_string(i);
      documents += std::string(i == 0 ? "" : ",") + R"({"_id":)" + n + R"(,"a":)" + n + R"(,"b":)" +
                   std::to_string(i % 5) + "}";
    }
    Must(R"({"insert":"c","documents":[)" + documents + "]}");
  }

  CommandReply Admin(const std::string& command) { return Dispatch(command, "admin"); }

  CommandReply Set(const std::string& query, const std::string& settings) {
    return Admin(R"({"setQuerySettings":)" + query + R"(,"settings":)" + settings + "}");
  }

  static std::string Hints(const std::string& indexes) {
    return R"({"indexHints":{"ns":{"db":"test","coll":"c"},"allowedIndexes":)" + indexes + "}}";
  }

  // The index of the winning plan of a find; its stage when it has none.
  std::string IndexOf(const std::string& find) {
    const CommandReply reply =
        Dispatch(R"({"explain":)" + find + R"(,"verbosity":"queryPlanner"})");
    EXPECT_EQ(reply.code, ErrorCode::kOk) << json::ToJson(reply.body);
    const bson::View plan = reply.body["queryPlanner"].AsView()["winningPlan"].AsView();
    const bson::Value input = plan["inputStage"];
    if (input.missing()) return std::string(plan["stage"].AsString());
    return std::string(input.AsView()["indexName"].AsString());
  }

  std::vector<bson::Document> Listed(const std::string& options = "{}") {
    const CommandReply reply =
        Admin(R"({"aggregate":1,"pipeline":[{"$querySettings":)" + options + R"(}],"cursor":{}})");
    EXPECT_EQ(reply.code, ErrorCode::kOk) << json::ToJson(reply.body);
    std::vector<bson::Document> listed;
    for (const auto& each : reply.body["cursor"].AsView()["firstBatch"].AsView()) {
      listed.emplace_back(each.value.AsView());
    }
    return listed;
  }
};

constexpr const char* kShape = R"({"find":"c","filter":{"a":1,"b":2},"$db":"test"})";

TEST_F(QuerySettings, LimitTheChoiceOfIndexes) {
  const std::string find = R"({"find":"c","filter":{"a":7,"b":2}})";
  EXPECT_EQ(IndexOf(find), "a");
  EXPECT_EQ(Set(kShape, Hints(R"(["b"])")).code, ErrorCode::kOk);
  EXPECT_EQ(IndexOf(find), "b");
  EXPECT_EQ(IndexOf(R"({"find":"c","filter":{"a":7,"b":{"$gt":2}}})"), "a") << "another shape";
  EXPECT_EQ(Dispatch(R"({"explain":{"find":"c","filter":{"a":7,"b":2},"hint":"a"}})")
                .body["queryPlanner"]
                .AsView()["winningPlan"]
                .AsView()["inputStage"]
                .AsView()["indexName"]
                .AsString(),
            "b")
      << "settings come before hints";
  EXPECT_EQ(Set(kShape, Hints(R"([{"a":1}])")).code, ErrorCode::kOk);
  EXPECT_EQ(IndexOf(find), "a");
  EXPECT_EQ(Set(kShape, Hints(R"([{"$natural":1}])")).code, ErrorCode::kOk);
  EXPECT_EQ(IndexOf(find), "COLLSCAN");
  EXPECT_EQ(Set(kShape, Hints(R"(["no such index"])")).code, ErrorCode::kOk);
  EXPECT_EQ(IndexOf(find), "a") << "what allows no plan is passed over";
  EXPECT_EQ(Admin(std::string(R"({"removeQuerySettings":)") + kShape + "}").code, ErrorCode::kOk);
  EXPECT_TRUE(Listed().empty());
}

TEST_F(QuerySettings, RefuseReads) {
  struct Case {
    const char* shape;
    const char* command;
    const char* other;
  };
  const Case cases[] = {
      {kShape, R"({"find":"c","filter":{"a":5,"b":5}})", R"({"find":"c","filter":{"a":5}})"},
      {R"({"distinct":"c","key":"a","query":{"b":1},"$db":"test"})",
       R"({"distinct":"c","key":"a","query":{"b":9}})",
       R"({"distinct":"c","key":"b","query":{"b":9}})"},
      {R"({"aggregate":"c","pipeline":[{"$match":{"a":1}},{"$limit":3}],"$db":"test"})",
       R"({"aggregate":"c","pipeline":[{"$match":{"a":7}},{"$limit":9}],"cursor":{}})",
       R"({"aggregate":"c","pipeline":[{"$match":{"b":7}},{"$limit":9}],"cursor":{}})"},
      {R"({"find":"c","filter":{"a":{"$in":[1,2]}},"limit":3,"$db":"test"})",
       R"({"find":"c","filter":{"a":{"$in":[4,5,6]}},"limit":9})",
       R"({"find":"c","filter":{"a":{"$in":[4,5,6]}}})"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Set(c.shape, R"({"reject":true})").code, ErrorCode::kOk);
    EXPECT_EQ(CodeOf(c.command), 411) << c.command;
    EXPECT_EQ(CodeOf(c.other), 0) << c.other;
    EXPECT_EQ(CodeOf(R"({"explain":)" + std::string(c.command) + "}"), 0);
    EXPECT_EQ(Admin(R"({"removeQuerySettings":)" + std::string(c.shape) + "}").code,
              ErrorCode::kOk);
    EXPECT_EQ(CodeOf(c.command), 0) << c.command;
  }
}

TEST_F(QuerySettings, AreListedAndMerged) {
  const CommandReply set =
      Set(kShape, R"({"queryFramework":"classic","comment":{"why":"a test"}})");
  const std::string hash(set.body["queryShapeHash"].AsString());
  EXPECT_EQ(hash.size(), 64U);
  EXPECT_EQ(Set("\"" + hash + "\"", Hints(R"(["b"])")).code, ErrorCode::kOk);
  const auto listed = Listed(R"({"showDebugQueryShape":true})");
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(json::ToJson(bson::Document(listed[0]["settings"].AsView())),
            R"({"indexHints":[{"ns":{"db":"test","coll":"c"},"allowedIndexes":["b"]}],)"
            R"("queryFramework":"classic","comment":{"why":"a test"}})");
  EXPECT_EQ(json::ToJson(bson::Document(listed[0]["debugQueryShape"].AsView())),
            R"({"cmdNs":{"db":"test","coll":"c"},"command":"find",)"
            R"("filter":{"a":{"$eq":"?number"},"b":{"$eq":"?number"}}})");
  EXPECT_EQ(listed[0]["representativeQuery"].AsView()["find"].AsString(), "c");
  EXPECT_EQ(Dispatch(R"({"explain":{"find":"c","filter":{"a":8,"b":8}}})")
                .body["queryShapeHash"]
                .AsString(),
            hash);
  const CommandReply grouped =
      Set(R"({"aggregate":"c","pipeline":[{"$match":{"a":1}},{"$count":"n"}],"$db":"test"})",
          Hints(R"(["a"])"));
  EXPECT_EQ(
      Dispatch(
          R"({"explain":{"aggregate":"c","pipeline":[{"$match":{"a":2}},{"$count":"n"}],"cursor":{}}})")
          .body["queryShapeHash"]
          .AsString(),
      grouped.body["queryShapeHash"].AsString());
}

TEST_F(QuerySettings, Errors) {
  const std::string shape = kShape;
  const struct {
    std::string query;
    std::string settings;
    int code;
  } cases[] = {
      {shape, "{}", 8727502},
      {shape, R"({"reject":false})", 7746604},
      {shape, R"({"comment":"c"})", 7746604},
      {shape, Hints("[]"), 7746604},
      {shape, R"({"queryFramework":"other"})", 2},
      {shape, R"({"queryFramework":1})", 14},
      {shape, R"({"reject":1})", 14},
      {shape, R"({"indexHints":1})", 9},
      {shape, R"({"indexHints":[{"allowedIndexes":["a"]}]})", 40414},
      {shape, R"({"indexHints":[{"ns":{"db":"test","coll":"c"}}]})", 40414},
      {shape, R"({"indexHints":[{"ns":{"coll":"c"},"allowedIndexes":["a"]}]})", 8727500},
      {shape, R"({"indexHints":[{"ns":{"db":"test"},"allowedIndexes":["a"]}]})", 8727501},
      {shape, Hints(R"([{}])"), 9646000},
      {shape, Hints(R"([{"a":0}])"), 9646001},
      {shape,
       R"({"indexHints":[{"ns":{"db":"test","coll":"c"},"allowedIndexes":["a"]},)"
       R"({"ns":{"db":"test","coll":"c"},"allowedIndexes":["b"]}]})",
       7746608},
      {R"({"find":"c","filter":{"_id":1},"$db":"test"})", R"({"reject":true})", 7746606},
      {R"({"find":"c","filter":{"a":1},"$db":"local"})", R"({"reject":true})", 8584900},
      {R"({"find":"system.views","filter":{"a":1},"$db":"test"})", R"({"reject":true})", 8584901},
      {R"({"aggregate":"c","pipeline":[{"$indexStats":{}}],"$db":"test"})", R"({"reject":true})",
       8705200},
      {R"({"find":"c","filter":{"$no":1},"$db":"test"})", R"({"reject":true})", 2},
      {R"({"find":"c","filtre":{},"$db":"test"})", R"({"reject":true})", 40415},
      {R"({"find":"c","filter":{}})", R"({"reject":true})", 40414},
      {R"({"count":"c","query":{},"$db":"test"})", R"({"reject":true})", 7746402},
      {"1", R"({"reject":true})", 14},
      {"\"\"", R"({"reject":true})", 16},
      {"\"0123\"", R"({"reject":true})", 16},
      {"\"012\"", R"({"reject":true})", 2},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(static_cast<int>(Set(c.query, c.settings).code), c.code) << c.query << c.settings;
  }
  EXPECT_EQ(CodeOf(R"({"setQuerySettings":{},"settings":{"reject":true}})"), 13);
  EXPECT_EQ(static_cast<int>(Admin(R"({"setQuerySettings":{"find":"c","$db":"test"}})").code),
            40414);
}

TEST_F(QuerySettings, PlanCacheStatsTellWhatIsRemembered) {
  const auto stats = [&] {
    const CommandReply reply = Dispatch(
        R"({"aggregate":"c","pipeline":[{"$planCacheStats":{}},{"$sort":{"works":1}}],"cursor":{}})");
    EXPECT_EQ(reply.code, ErrorCode::kOk) << json::ToJson(reply.body);
    std::vector<bson::Document> entries;
    for (const auto& each : reply.body["cursor"].AsView()["firstBatch"].AsView()) {
      entries.emplace_back(each.value.AsView());
    }
    return entries;
  };
  EXPECT_TRUE(stats().empty());
  Must(R"({"find":"c","filter":{"a":7,"b":2}})");
  Must(R"({"find":"c","filter":{"a":9,"b":4}})");
  auto entries = stats();
  ASSERT_EQ(entries.size(), 1U) << "one shape";
  EXPECT_TRUE(entries[0]["isActive"].AsBool());
  EXPECT_EQ(entries[0]["cachedPlan"].AsView()["inputStage"].AsView()["indexName"].AsString(), "a");
  EXPECT_EQ(entries[0]["candidatePlanScores"].AsView()["1"].type(), bson::Type::kDouble);
  EXPECT_EQ(entries[0]["createdFromQuery"].AsView()["query"].AsView()["a"].AsInt32(), 9);
  const CommandReply explained = Dispatch(R"({"explain":{"find":"c","filter":{"a":1,"b":1}}})");
  EXPECT_EQ(explained.body["queryPlanner"].AsView()["planCacheKey"].AsString(),
            entries[0]["planCacheKey"].AsString());
  EXPECT_TRUE(explained.body["queryPlanner"].AsView()["winningPlan"].AsView()["isCached"].AsBool());
  Must(R"({"createIndexes":"c","indexes":[{"key":{"b":1,"a":1},"name":"b_a"}]})");
  EXPECT_TRUE(stats().empty()) << "a changed catalog starts anew";
  Must(R"({"find":"c","filter":{"a":7,"b":2}})");
  EXPECT_EQ(stats().size(), 1U);
  Must(R"({"planCacheClear":"c"})");
  EXPECT_TRUE(stats().empty());
}

TEST_F(QuerySettings, SlowOperationsAreLoggedWithoutTheirValues) {
  std::vector<std::string> lines;
  DispatcherOptions options;
  options.slow_ms = 0;
  options.log = [&](LogLevel, std::string_view line) { lines.emplace_back(line); };
  Restart(options);
  Must(R"({"find":"c","filter":{"b":3,"x":"secret"},"sort":{"a":-1}})");
  ASSERT_EQ(lines.size(), 1U);
  for (const char* part :
       {R"("ns":"test.c")", R"("command":"find")", R"("planSummary":"IXSCAN { )",
        R"("docsExamined":)", R"("nreturned":0)",
        R"("filter":{"b":{"$eq":"?number"},"x":{"$eq":"?string"}})", R"("sort":{"a":-1})"}) {
    EXPECT_NE(lines[0].find(part), std::string::npos) << part << " in " << lines[0];
  }
  Must(R"({"insert":"c","documents":[{"_id":"secret","a":1}]})");
  Must(R"({"update":"c","updates":[{"q":{"_id":"secret"},"u":{"$set":{"a":"secret"}}}]})");
  Must(R"({"aggregate":"c","pipeline":[{"$match":{"_id":"secret"}},)"
       R"({"$project":{"x":{"$concat":["secret","$a"]}}}],"cursor":{}})");
  Must(R"({"delete":"c","deletes":[{"q":{"$expr":{"$eq":["$_id","secret"]}},"limit":1}]})");
  EXPECT_EQ(CodeOf(R"({"find":"c","filter":{"$no":"secret"}})"), 2);
  EXPECT_EQ(lines.size(), 6U);
  for (const std::string& line : lines) {
    EXPECT_EQ(line.find("secret"), std::string::npos) << line;
  }
  EXPECT_NE(lines[5].find(R"("code":2)"), std::string::npos) << lines[5];
  options.slow_ms = 60'000;
  Restart(options);
  Must(R"({"find":"c","filter":{"b":3}})");
  EXPECT_EQ(lines.size(), 6U);
}

}  // namespace
}  // namespace cairn::server
