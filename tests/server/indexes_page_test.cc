// SPDX-License-Identifier: Apache-2.0
// The examples of docs/indexes.md, run as they stand, and what explain says of plans.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <vector>

#include "tests/server/command_fixture.h"
#include "tests/source_directory.h"

namespace cairn::server {
namespace {

class IndexesPage : public CommandTest {
 protected:
  // The stages of the winning plan, the topmost first.
  std::string Stages(const std::string& command) {
    const CommandReply reply =
        Dispatch(R"({"explain":)" + command + R"(,"verbosity":"queryPlanner"})");
    EXPECT_EQ(reply.code, ErrorCode::kOk) << command << json::ToJson(reply.body);
    std::string stages;
    bson::View stage = reply.body["queryPlanner"].AsView()["winningPlan"].AsView();
    while (true) {
      stages += (stages.empty() ? "" : " ") + std::string(stage["stage"].AsString());
      const bson::Value input = stage["inputStage"];
      if (input.type() != bson::Type::kDocument) return stages;
      stage = input.AsView();
    }
  }
};

TEST_F(IndexesPage, ExamplesRun) {
  std::ifstream page(SourceDirectory() / "docs/indexes.md");
  ASSERT_TRUE(page.good());
  int examples = 0;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      inside = line == "```json";
    } else if (inside) {
      ++examples;
      const auto command = json::Parse(line);
      ASSERT_TRUE(command.ok()) << line;
      const bson::Value database = (*command)["$db"];
      const CommandReply reply =
          Dispatch(line, database.missing() ? "test" : std::string(database.AsString()));
      EXPECT_EQ(reply.code, ErrorCode::kOk) << line << ": " << json::ToJson(reply.body);
    }
  }
  EXPECT_GE(examples, 8);
}

TEST_F(IndexesPage, ExplainNamesTheStages) {
  Must(R"({"createIndexes":"c","indexes":[{"key":{"a":1,"b":1},"name":"a_b"},
          {"key":{"t":1},"name":"t"}]})");
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    Must(R"({"insert":"c","documents":[{"_id":)" + n + R"(,"a":)" + std::to_string(i % 4) +
         R"(,"b":)" + n + R"(,"t":[)" + n + "]}]}");
  }
  Must(R"({"create":"clustered","clusteredIndex":{"key":{"_id":1},"unique":true}})");
  struct Case {
    const char* command;
    const char* stages;
  };
  const Case cases[] = {
      {R"({"find":"c"})", "COLLSCAN"},
      {R"({"find":"c","filter":{"_id":1}})", "EXPRESS_IXSCAN"},
      {R"({"find":"c","filter":{"_id":{"$gt":1}}})", "FETCH IXSCAN"},
      {R"({"find":"c","filter":{"a":1}})", "FETCH IXSCAN"},
      {R"({"find":"c","filter":{"a":1},"sort":{"b":-1},"limit":3})", "LIMIT FETCH IXSCAN"},
      {R"({"find":"c","filter":{"a":1},"sort":{"t":1}})", "SORT FETCH IXSCAN"},
      {R"({"find":"c","filter":{"a":{"$in":[1,2]}},"sort":{"b":1}})", "FETCH SORT_MERGE"},
      {R"({"find":"c","filter":{"$or":[{"a":1},{"t":2}]}})", "FETCH OR"},
      {R"({"find":"c","filter":{"a":1},"projection":{"b":1,"_id":0}})",
       "PROJECTION_COVERED IXSCAN"},
      {R"({"find":"c","filter":{"a":1},"projection":{"b":1},"skip":1})",
       "PROJECTION_SIMPLE SKIP FETCH IXSCAN"},
      {R"({"count":"c","query":{"a":1}})", "COUNT COUNT_SCAN"},
      {R"({"count":"c"})", "COUNT RECORD_STORE_FAST_COUNT"},
      {R"({"distinct":"c","key":"a"})", "PROJECTION_COVERED DISTINCT_SCAN"},
      {R"({"update":"c","updates":[{"q":{"a":1},"u":{"$set":{"x":1}}}]})", "UPDATE FETCH IXSCAN"},
      {R"({"delete":"c","deletes":[{"q":{"z":1},"limit":0}]})", "DELETE COLLSCAN"},
      {R"({"findAndModify":"c","query":{"a":1},"remove":true})", "DELETE FETCH IXSCAN"},
      {R"({"findAndModify":"c","query":{"a":1},"update":{"$set":{"x":1}}})", "UPDATE FETCH IXSCAN"},
      {R"({"find":"c","filter":{"$expr":{"$gt":["$a",2]}}})", "FETCH IXSCAN"},
      {R"({"find":"c","filter":{"$expr":{"$gt":["$t",2]}}})", "COLLSCAN"},
      {R"({"find":"clustered","filter":{"_id":{"$gt":1}}})", "CLUSTERED_IXSCAN"},
      {R"({"find":"clustered","filter":{"_id":1}})", "EXPRESS_CLUSTERED_IXSCAN"},
      {R"({"find":"none","filter":{"a":1}})", "EOF"},
  };
  for (const Case& c : cases) EXPECT_EQ(Stages(c.command), c.stages) << c.command;
}

TEST_F(IndexesPage, ExplainTakesTheCollation) {
  Must(R"({"insert":"c","documents":[{"_id":1,"s":"a"},{"_id":2,"s":"A"},{"_id":3,"s":"b"}]})");
  Must(R"({"createIndexes":"c","indexes":[{"key":{"s":1},"name":"s",
      "collation":{"locale":"en","strength":2}}]})");
  const std::string end = R"("collation":{"locale":"en","strength":2}}})";
  const struct {
    std::string command;
    int keys;
  } cases[] = {
      {R"({"explain":{"find":"c","filter":{"s":"A"},)" + end, 2},
      {R"({"explain":{"count":"c","query":{"s":"A"},)" + end, 2},
      {R"({"explain":{"distinct":"c","key":"_id","query":{"s":"A"},)" + end, 2},
      {R"({"explain":{"delete":"c","deletes":[{"q":{"s":"A"},"limit":0,)" +
           end.substr(0, end.size() - 1) + "]}}",
       2},
      {R"({"explain":{"find":"c","filter":{"s":"A"}}})", 0},
  };
  for (const auto& [command, keys] : cases) {
    const bson::Document reply = Dispatch(command).body;
    EXPECT_EQ(reply["executionStats"].AsView()["totalKeysExamined"].AsInt32(), keys) << command;
  }
}

// An estimate is the time in a stage and those below it, so a stage on top has at least as much.
TEST_F(IndexesPage, ExplainTellsTimes) {
  Must(R"({"insert":"c","documents":[{"_id":1},{"_id":2}]})");
  const bson::Document explained =
      Dispatch(
          R"({"explain":{"find":"c","sort":{"name":1},"projection":{"name":1},"filter":{"$expr":
      {"$gte":[{"$size":{"$filter":{"input":{"$range":[0,60000]},"as":"i","cond":
      {"$ne":["$$i","$_id"]}}}},0]}}},"verbosity":"executionStats"})")
          .body;
  bson::View stage = explained["executionStats"].AsView()["executionStages"].AsView();
  int above = explained["executionStats"].AsView()["executionTimeMillis"].AsInt32();
  std::string stages;
  while (true) {
    stages += std::string(stage["stage"].AsString()) + " ";
    const int time = stage["executionTimeMillisEstimate"].AsInt32();
    EXPECT_GT(time, 0) << stages;
    EXPECT_LE(time, above) << stages;
    above = time;
    if (stage["inputStage"].missing()) break;
    stage = stage["inputStage"].AsView();
  }
  EXPECT_EQ(stages, "PROJECTION_SIMPLE SORT COLLSCAN ");
}

TEST_F(IndexesPage, ExplainCountsAndSuggests) {
  Must(R"({"insert":"c","documents":[{"_id":1,"a":1},{"_id":2,"a":2},{"_id":3,"a":3}]})");
  const auto explain = [&] {
    return Dispatch(R"({"explain":{"find":"c","filter":{"a":{"$gt":1},"b":null},"sort":{"c":-1}}})")
        .body;
  };
  const bson::Document scan = explain();
  EXPECT_EQ(scan["executionStats"].AsView()["totalDocsExamined"].AsInt32(), 3);
  EXPECT_EQ(json::ToJson(bson::Document(scan["queryPlanner"].AsView()["suggestedIndex"].AsView())),
            R"({"b":1,"c":-1,"a":1})");
  Must(R"({"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a"}]})");
  const bson::Document indexed = explain();
  EXPECT_EQ(indexed["executionStats"].AsView()["totalKeysExamined"].AsInt32(), 2);
  EXPECT_EQ(indexed["executionStats"].AsView()["nReturned"].AsInt32(), 2);
  EXPECT_TRUE(indexed["queryPlanner"].AsView()["suggestedIndex"].missing());
  const auto advice = [&](const std::string& find) {
    const bson::Document reply = Dispatch(R"({"explain":)" + find + "}").body;
    const bson::View planner = reply["queryPlanner"].AsView();
    if (!planner["suggestedIndexes"].missing()) {
      std::string all;
      for (const auto& each : planner["suggestedIndexes"].AsView()) {
        all += json::ToJson(bson::Document(each.value.AsView()));
      }
      return all;
    }
    const bson::Value suggested = planner["suggestedIndex"];
    return suggested.missing() ? std::string() : json::ToJson(bson::Document(suggested.AsView()));
  };
  const struct {
    const char* find;
    const char* suggested;
  } cases[] = {
      // Equality, sort, range.
      {R"({"find":"c","filter":{"r":{"$lt":5},"e":1},"sort":{"s":1}})", R"({"e":1,"s":1,"r":1})"},
      {R"({"find":"c","filter":{"e":{"$in":[1,2]},"r":{"$gt":1}},"sort":{"s":-1}})",
       R"({"e":1,"s":-1,"r":1})"},
      {R"({"find":"c","filter":{"l":{"$elemMatch":{"p":1,"q":2}}}})", R"({"l.p":1,"l.q":1})"},
      {R"({"find":"c","filter":{"$expr":{"$eq":["$e",5]}}})", R"({"e":1})"},
      {R"({"find":"c","sort":{"s":1}})", R"({"s":1})"},
      {R"({"find":"c","filter":{"$or":[{"e":1},{"f":{"$gt":2}}]}})", R"({"e":1}{"f":1})"},
      {R"({"find":"c","filter":{"$or":[{"e":1},{"a":2}]}})", R"({"e":1})"},
      {R"({"find":"c","filter":{"e":{"$regularExpression":{"pattern":"^x","options":""}}}})",
       R"({"e":1})"},
      // Nothing helps, or what would is there and does not come into question.
      {R"({"find":"c"})", ""},
      {R"({"find":"c","filter":{"e":{"$ne":1}}})", ""},
      {R"({"find":"c","filter":{"e":{"$exists":true}}})", ""},
      {R"({"find":"c","filter":{"e":{"$size":2}}})", ""},
      {R"({"find":"c","filter":{"e":{"$regularExpression":{"pattern":"x","options":""}}}})", ""},
      {R"({"find":"c","filter":{"$or":[{"e":1},{"f":{"$ne":2}}]}})", ""},
      {R"({"find":"c","filter":{"$nor":[{"e":1}]}})", ""},
      {R"({"find":"c","filter":{"a":1},"hint":{"$natural":1}})", ""},
      {R"({"find":"c","filter":{"a":1}})", ""},
      {R"({"find":"c","filter":{"_id":1}})", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(advice(c.find), c.suggested) << c.find;
  EXPECT_EQ(CodeOf(R"({"explain":{"nonsense":"c"}})"), 59);
  EXPECT_EQ(CodeOf(R"({"explain":1})"), 14);
  EXPECT_EQ(CodeOf(R"({"explain":{"find":"c"},"verbosity":"all"})"), 2);
}

TEST_F(IndexesPage, IndexFiltersLimitTheChoice) {
  Must(
      R"({"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a"},{"key":{"b":1},"name":"b"}]})");
  Must(R"({"insert":"c","documents":[{"_id":1,"a":1,"b":1}]})");
  Must(R"({"planCacheSetFilter":"c","query":{"a":1,"b":1},"indexes":["b"]})");
  const CommandReply reply = Dispatch(R"({"explain":{"find":"c","filter":{"a":5,"b":7}}})");
  const bson::View planner = reply.body["queryPlanner"].AsView();
  EXPECT_TRUE(planner["indexFilterSet"].AsBool());
  EXPECT_EQ(planner["winningPlan"].AsView()["inputStage"].AsView()["indexName"].AsString(), "b");
  EXPECT_NE(RunRelaxed(R"({"planCacheListFilters":"c"})").find(R"("indexes":["b"])"),
            std::string::npos);
  Must(R"({"planCacheClearFilters":"c"})");
  EXPECT_NE(RunRelaxed(R"({"planCacheListFilters":"c"})").find(R"("filters":[])"),
            std::string::npos);
}

}  // namespace
}  // namespace cairn::server
