// SPDX-License-Identifier: Apache-2.0
// What the optimiser makes of pipelines, seen through explain, and what stages say that they did.
#include <string>
#include <string_view>
#include <vector>

#include "cairn/json.h"
#include "tests/query/fixture.h"

namespace cairn {
namespace {

// {"p": [stages]}; the pipeline is its field.
bson::Document Stages(const std::string& stages) { return J("{\"p\":" + stages + "}"); }

// The stages of a plan, the topmost first: "FETCH<IXSCAN a_1".
std::string PlanText(bson::View plan) {
  std::string text(plan["stage"].AsString());
  if (!plan["indexName"].missing()) text += " " + std::string(plan["indexName"].AsString());
  if (plan["inputStage"].type() == bson::Type::kDocument) {
    text += "<" + PlanText(plan["inputStage"].AsView());
  }
  return text;
}

std::string QueryText(bson::View planner) {
  return PlanText(planner["winningPlan"].AsView()) + " " +
         json::ToJson(planner["parsedQuery"].AsView());
}

// An explained pipeline in one line: the plan and filter of its query, then its stages.
std::string Shape(bson::View explained) {
  if (!explained["queryPlanner"].missing()) {
    return QueryText(explained["queryPlanner"].AsView());
  }
  std::string text;
  for (const bson::Element& element : explained["stages"].AsView()) {
    const bson::View stage = element.value.AsView();
    const bson::Element first = *stage.begin();
    if (!text.empty()) text += " | ";
    if (first.name == "$cursor") {
      text += QueryText(first.value.AsView()["queryPlanner"].AsView());
    } else {
      text += json::ToJson(bson::Builder().Append(first.name, first.value).Finish());
    }
  }
  return text;
}

class PipelineOptimiserTest : public InMemory {
 protected:
  void SetUp() override {
    InMemory::SetUp();
    Collection c = Get("c");
    Fill(&c, 60, [](int i) {
      return "\"a\":" + std::to_string(i % 7) + ",\"b\":" + std::to_string(i % 3) +
             ",\"t\":[1,2],\"o\":" + std::to_string(i);
    });
    Collection d = Get("d");
    Fill(&d, 40, [](int i) {
      return "\"k\":" + std::to_string(i % 7) + ",\"u\":" + std::to_string(i % 7);
    });
    Index(&d, R"({"k":1})");
  }

  std::string Explained(const std::string& stages) {
    const bson::Document pipeline = Stages(stages);
    return Shape(Must(Get("c").ExplainAggregate(pipeline["p"].AsView())));
  }

  // The last document of explain's stages, after the pipeline was run.
  bson::Document Stage(const std::string& stages, const std::string& number) {
    const bson::Document pipeline = Stages(stages);
    const bson::Document explained =
        Must(Get("c").ExplainAggregate(pipeline["p"].AsView(), {}, Verbosity::kExecutionStats));
    const bson::Value stage = explained["stages"].AsView()[number];
    EXPECT_EQ(stage.type(), bson::Type::kDocument) << json::ToJson(explained);
    return stage.missing() ? bson::Document() : bson::Document(stage.AsView());
  }
};

struct Rewriting {
  const char* pipeline;
  const char* expected;
};

TEST_F(PipelineOptimiserTest, Rewrites) {
  const Rewriting rows[] = {
      // $match to the front, renamed where a field is, in parts where only some may pass.
      {R"([{"$project":{"a":1,"b":1}},{"$match":{"a":1}}])",
       R"(PROJECTION_SIMPLE<COLLSCAN {"a":1})"},
      {R"([{"$project":{"n":"$a"}},{"$match":{"n":{"$gt":1}}}])",
       R"(COLLSCAN {"a":{"$gt":1}} | {"$project":{"n":"$a"}})"},
      {R"([{"$set":{"n":"$a","m":{"$add":["$b",1]}}},{"$match":{"n.x":1,"m":2}}])",
       R"(COLLSCAN {"a.x":1} | {"$set":{"n":"$a","m":{"$add":["$b",1]}}} | {"$match":{"m":2}})"},
      {R"([{"$set":{"n":"$a"}},{"$match":{"$expr":{"$eq":["$n",1]}}}])",
       R"(COLLSCAN {} | {"$set":{"n":"$a"}} | {"$match":{"$expr":{"$eq":["$n",1]}}})"},
      {R"([{"$set":{"n":1}},{"$match":{"$or":[{"a":1},{"b":2}]}}])",
       R"(COLLSCAN {"$or":[{"a":1},{"b":2}]} | {"$set":{"n":1}})"},
      {R"([{"$unwind":"$t"},{"$match":{"t":1,"a":3}}])",
       R"(COLLSCAN {"a":3} | {"$unwind":"$t"} | {"$match":{"t":1}})"},
      {R"([{"$sort":{"b":1}},{"$match":{"a":3}}])", R"(SORT<COLLSCAN {"a":3})"},
      {R"([{"$limit":9},{"$match":{"a":3}}])", R"(LIMIT<COLLSCAN {} | {"$match":{"a":3}})"},
      {R"([{"$match":{"a":1}},{"$match":{"b":2}},{"$match":{"a":{"$lt":5}}}])",
       R"(COLLSCAN {"$and":[{"a":1},{"b":2},{"a":{"$lt":5}}]})"},
      {R"([{"$group":{"_id":"$a","n":{"$max":"$b"}}},{"$match":{"_id":{"$in":[1,2]},"n":2}}])",
       R"(COLLSCAN {"a":{"$in":[1,2]}} | {"$group":{"_id":"$a","n":{"$max":"$b"}}} | {"$match":{"n":2}})"},
      {R"([{"$group":{"_id":{"x":"$a"},"n":{"$max":"$b"}}},{"$match":{"_id.x":1}}])",
       R"(COLLSCAN {"a":1} | {"$group":{"_id":{"x":"$a"},"n":{"$max":"$b"}}})"},
      // A group's null stands also for what is missing.
      {R"([{"$group":{"_id":"$a","n":{"$max":"$b"}}},{"$match":{"_id":{"$exists":true}}}])",
       R"(COLLSCAN {} | {"$group":{"_id":"$a","n":{"$max":"$b"}}} | {"$match":{"_id":{"$exists":true}}})"},
      {R"([{"$redact":{"$cond":["$a","$$DESCEND","$$PRUNE"]}},{"$match":{"b":1,"t":null}}])",
       R"(COLLSCAN {"b":1} | {"$redact":{"$cond":["$a","$$DESCEND","$$PRUNE"]}} | {"$match":{"b":1,"t":null}})"},
      {R"([{"$unionWith":"d"},{"$match":{"k":1}}])",
       R"(COLLSCAN {"k":1} | {"$unionWith":{"coll":"d","pipeline":[{"$match":{"k":1}}]}})"},
      // $skip and $limit.
      {R"([{"$limit":9},{"$limit":4},{"$skip":1},{"$skip":2}])",
       R"(LIMIT<COLLSCAN {} | {"$skip":3})"},
      {R"([{"$sort":{"b":1}},{"$set":{"n":1}},{"$skip":2},{"$limit":4}])",
       R"(LIMIT<SKIP<SORT<COLLSCAN {} | {"$set":{"n":1}})"},
      {R"([{"$group":{"_id":"$o"}},{"$sort":{"_id":1}},{"$limit":3}])",
       R"(COLLSCAN {} | {"$group":{"_id":"$o"}} | {"$sort":{"sortKey":{"_id":1},"limit":3}})"},
      {R"([{"$group":{"_id":"$o"}},{"$sort":{"_id":1}},{"$skip":2},{"$limit":3}])",
       R"(COLLSCAN {} | {"$group":{"_id":"$o"}} | {"$sort":{"sortKey":{"_id":1},"limit":5}} | {"$skip":2} | {"$limit":3})"},
      // $sort before what does not touch its fields.
      {R"([{"$set":{"n":1}},{"$sort":{"b":1}}])", R"(SORT<COLLSCAN {} | {"$set":{"n":1}})"},
      {R"([{"$set":{"b":1}},{"$sort":{"b":1}}])",
       R"(COLLSCAN {} | {"$set":{"b":1}} | {"$sort":{"sortKey":{"b":1}}})"},
      {R"([{"$unwind":"$t"},{"$sort":{"b":1}}])", R"(SORT<COLLSCAN {} | {"$unwind":"$t"})"},
      {R"([{"$unwind":"$t"},{"$sort":{"b":1}},{"$limit":2}])",
       R"(COLLSCAN {} | {"$unwind":"$t"} | {"$sort":{"sortKey":{"b":1},"limit":2}})"},
      // $lookup with the $unwind and the $match behind it.
      {R"([{"$lookup":{"from":"d","localField":"a","foreignField":"k","as":"j"}},{"$unwind":"$j"},
           {"$match":{"j.u":3,"b":1}}])",
       R"(COLLSCAN {"b":1} | {"$lookup":{"from":"d","localField":"a","foreignField":"k","as":"j",)"
       R"("unwinding":{"preserveNullAndEmptyArrays":false},"matching":{"u":3}}})"},
      {R"([{"$lookup":{"from":"d","localField":"a","foreignField":"k","as":"j"}},
           {"$unwind":{"path":"$j","preserveNullAndEmptyArrays":true}},{"$match":{"j.u":3}}])",
       R"(COLLSCAN {} | {"$lookup":{"from":"d","localField":"a","foreignField":"k","as":"j",)"
       R"("unwinding":{"preserveNullAndEmptyArrays":true}}} | {"$match":{"j.u":3}})"},
      {R"([{"$lookup":{"from":"d","localField":"a","foreignField":"k","as":"j"}},{"$sort":{"b":1}},
           {"$limit":2}])",
       R"(LIMIT<SORT<COLLSCAN {} | {"$lookup":{"from":"d","localField":"a","foreignField":"k","as":"j"}})"},
      // Needless projections, and counts that are known.
      {R"([{"$project":{"a":1,"b":1}},{"$group":{"_id":"$a","n":{"$sum":"$b"}}}])",
       R"(COLLSCAN {} | {"$group":{"_id":"$a","n":{"$sum":"$b"}}})"},
      {R"([{"$project":{"a":1}},{"$group":{"_id":"$a","n":{"$sum":"$b"}}}])",
       R"(PROJECTION_SIMPLE<COLLSCAN {} | {"$group":{"_id":"$a","n":{"$sum":"$b"}}})"},
      {R"([{"$project":{"a":1,"b":1}},{"$set":{"n":1}},{"$project":{"a":1,"_id":0}}])",
       R"(COLLSCAN {} | {"$set":{"n":1}} | {"$project":{"a":1,"_id":0}})"},
      {R"([{"$count":"n"}])", R"(RECORD_STORE_FAST_COUNT {} | {"$count":"n"})"},
      {R"([{"$sort":{"b":1}},{"$group":{"_id":null,"n":{"$sum":1}}}])",
       R"(RECORD_STORE_FAST_COUNT {} | {"$group":{"_id":null,"n":{"$sum":1}}})"},
  };
  for (const Rewriting& row : rows) EXPECT_EQ(Explained(row.pipeline), row.expected);
}

TEST_F(PipelineOptimiserTest, UsesIndexes) {
  Collection c = Get("c");
  Index(&c, R"({"a":1,"b":1})");
  const Rewriting rows[] = {
      // An index that has all that is read suffices.
      {R"([{"$match":{"a":1}},{"$group":{"_id":"$b","n":{"$sum":"$a"}}}])",
       R"(PROJECTION_COVERED<IXSCAN a_1_b_1 {"a":1} | {"$group":{"_id":"$b","n":{"$sum":"$a"}}})"},
      {R"([{"$match":{"a":1}},{"$set":{"x":"$b"}},{"$group":{"_id":"$x"}}])",
       R"(PROJECTION_COVERED<IXSCAN a_1_b_1 {"a":1} | {"$set":{"x":"$b"}} | {"$group":{"_id":"$x"}})"},
      {R"([{"$match":{"a":1}},{"$project":{"b":1,"_id":0}}])",
       R"(PROJECTION_COVERED<IXSCAN a_1_b_1 {"a":1})"},
      {R"([{"$match":{"a":1}},{"$count":"n"}])", R"(COUNT_SCAN a_1_b_1 {"a":1} | {"$count":"n"})"},
      // The order, and each value once.
      {R"([{"$set":{"x":1}},{"$sort":{"a":1,"b":1}},{"$limit":3}])",
       R"(LIMIT<FETCH<IXSCAN a_1_b_1 {} | {"$set":{"x":1}})"},
      {R"([{"$group":{"_id":"$a"}}])",
       R"(PROJECTION_COVERED<DISTINCT_SCAN a_1_b_1 {} | {"$group":{"_id":"$a"}})"},
      {R"([{"$sort":{"a":1,"b":1}},{"$group":{"_id":"$a","f":{"$first":"$b"}}}])",
       R"(PROJECTION_COVERED<DISTINCT_SCAN a_1_b_1 {} | {"$group":{"_id":"$a","f":{"$first":"$b"}}})"},
      {R"([{"$group":{"_id":"$b"}}])", R"(COLLSCAN {} | {"$group":{"_id":"$b"}})"},
  };
  for (const Rewriting& row : rows) EXPECT_EQ(Explained(row.pipeline), row.expected);
}

TEST_F(PipelineOptimiserTest, TellsWhatStagesDid) {
  const std::string pipeline =
      R"([{"$match":{"a":{"$lt":2}}},{"$group":{"_id":"$a","n":{"$push":"$o"}}},{"$sort":{"_id":1}}])";
  const bson::Document cursor = Stage(pipeline, "0");
  EXPECT_EQ(cursor["nReturned"].AsInt64(), 18);
  EXPECT_GE(cursor["executionTimeMillisEstimate"].AsInt64(), 0);
  const bson::View stats = cursor["$cursor"].AsView()["executionStats"].AsView();
  EXPECT_EQ(stats["nReturned"].AsInt32(), 18);
  EXPECT_EQ(stats["totalDocsExamined"].AsInt32(), 60);
  const bson::Document group = Stage(pipeline, "1");
  EXPECT_EQ(group["nReturned"].AsInt64(), 2);
  EXPECT_GT(group["maxAccumulatorMemoryUsageBytes"].AsView()["n"].AsInt64(), 0);
  EXPECT_GT(group["totalOutputDataSizeBytes"].AsInt64(), 0);
  EXPECT_FALSE(group["usedDisk"].AsBool());
  const bson::Document sort = Stage(pipeline, "2");
  EXPECT_GT(sort["totalDataSizeSortedBytesEstimate"].AsInt64(), 0);
  EXPECT_EQ(sort["spills"].AsInt64(), 0);
  const bson::Document facet =
      Stage(R"([{"$facet":{"x":[{"$match":{"a":1}},{"$count":"n"}]}}])", "1");
  const bson::View inner = facet["$facet"].AsView()["x"].AsView();
  EXPECT_EQ(inner["0"].AsView()["nReturned"].AsInt64(), 9);
  EXPECT_EQ(inner["1"].AsView()["nReturned"].AsInt64(), 1);
  // Without a run there is nothing to tell.
  const bson::Document stages = Stages(pipeline);
  const bson::Document planned = Must(Get("c").ExplainAggregate(stages["p"].AsView()));
  const bson::View first = planned["stages"].AsView()["0"].AsView();
  EXPECT_TRUE(first["nReturned"].missing());
  EXPECT_TRUE(first["$cursor"].AsView()["executionStats"].missing());
}

TEST_F(PipelineOptimiserTest, ExplainWritesNothing) {
  for (const char* pipeline :
       {R"([{"$out":"written"}])", R"([{"$merge":"written"}])", R"([{"$out":"d"}])"}) {
    EXPECT_EQ(Stage(pipeline, "0")["nReturned"].AsInt64(), 60);
    EXPECT_EQ(Must(Get("written").Count(J("{}"))), 0);
    EXPECT_EQ(Must(Get("d").Count(J("{}"))), 40);
  }
}

// What a $lookup looks at for 60 documents with 7 values.
TEST_F(PipelineOptimiserTest, JoinsWithoutLookingAtEverything) {
  // By the index: 40 / 7 keys a document at the most.
  const bson::Document indexed =
      Stage(R"([{"$lookup":{"from":"d","localField":"a","foreignField":"k","as":"j"}}])", "1");
  EXPECT_EQ(indexed["strategy"].AsString(), "IndexedLoopJoin");
  EXPECT_LE(indexed["totalDocsExamined"].AsInt64(), 60 * 6);
  EXPECT_EQ(indexed["collectionScans"].AsInt64(), 0);
  EXPECT_EQ(indexed["indexesUsed"].AsView()["0"].AsString(), "k_1");
  // Without one: a scan for the first document, and one to keep all in memory.
  const bson::Document hashed =
      Stage(R"([{"$lookup":{"from":"d","localField":"a","foreignField":"u","as":"j"}}])", "1");
  EXPECT_EQ(hashed["strategy"].AsString(), "HashJoin");
  EXPECT_EQ(hashed["totalDocsExamined"].AsInt64(), 2 * 40);
  // A filter of the pipeline is bound with the values of each document.
  const bson::Document both = Stage(
      R"([{"$lookup":{"from":"d","localField":"a","foreignField":"k","let":{"x":"$o"},
           "pipeline":[{"$match":{"$expr":{"$eq":["$_id","$$x"]}}}],"as":"j"}}])",
      "1");
  EXPECT_EQ(both["collectionScans"].AsInt64(), 0);
}

TEST_F(PipelineOptimiserTest, RunsSubPipelinesAgain) {
  // Every stage that has a state, for each of three documents, gives the same each time.
  for (
      const char* stages :
      {R"({"$limit":2})", R"({"$skip":38})", R"({"$sort":{"u":-1,"_id":1}},{"$limit":2})",
       R"({"$group":{"_id":"$u","n":{"$sum":1}}},{"$sort":{"_id":1}})", R"({"$count":"n"})",
       R"({"$unwind":"$k"},{"$limit":3})",
       R"({"$facet":{"x":[{"$count":"n"}],"y":[{"$limit":1}]}})",
       R"({"$bucketAuto":{"groupBy":"$u","buckets":2}})",
       R"({"$sample":{"size":100}},{"$count":"n"})", R"({"$unionWith":"d"},{"$count":"n"})",
       R"({"$setWindowFields":{"sortBy":{"_id":1},"output":{"r":{"$documentNumber":{}}}}},{"$limit":2})",
       R"({"$densify":{"field":"u","range":{"step":1,"bounds":[0,9]}}},{"$count":"n"})",
       R"({"$lookup":{"from":"c","let":{"m":"$k"},"pipeline":[{"$match":{"$expr":{"$eq":["$a","$$m"]}}},{"$count":"n"}],"as":"z"}},{"$limit":1})",
       R"({"$graphLookup":{"from":"c","startWith":"$k","connectFromField":"b","connectToField":"a","as":"z"}},{"$project":{"n":{"$size":"$z"}}},{"$limit":2})"}) {
    const bson::Document pipeline = Stages(
        std::string(R"([{"$limit":3},{"$lookup":{"from":"d","let":{"v":"$o"},"pipeline":[)") +
        stages + R"(,{"$set":{"v":{"$subtract":["$$v","$$v"]},"_id":0}}],"as":"j"}}])");
    Cursor cursor = Must(Get("c").Aggregate(pipeline["p"].AsView()));
    std::string first;
    int count = 0;
    while (Must(cursor.Next())) {
      const std::string joined = json::ToJson(cursor.document()["j"].AsView());
      if (count++ == 0) first = joined;
      EXPECT_EQ(joined, first) << stages;
      EXPECT_NE(joined, "{}") << stages;
    }
    EXPECT_EQ(count, 3) << stages;
  }
}

TEST_F(PipelineOptimiserTest, VariablesHaveTheValuesOfEachDocument) {
  const bson::Document pipeline = Stages(
      R"([{"$limit":4},{"$lookup":{"from":"d","let":{"x":"$o"},"pipeline":[
        {"$match":{"$expr":{"$eq":["$_id","$$x"]}}},{"$set":{"outer":"$$x"}},
        {"$lookup":{"from":"d","let":{"y":"$_id"},"pipeline":[
          {"$match":{"$expr":{"$eq":["$_id",{"$add":["$$x","$$y"]}]}}},
          {"$project":{"s":{"$add":["$$x","$$y"]}}}],"as":"in"}}],"as":"j"}}])");
  Cursor cursor = Must(Get("c").Aggregate(pipeline["p"].AsView()));
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(Must(cursor.Next()));
    const bson::View joined = cursor.document()["j"].AsView()["0"].AsView();
    EXPECT_EQ(joined["outer"].AsInt32(), i);
    EXPECT_EQ(joined["in"].AsView()["0"].AsView()["s"].AsInt32(), 2 * i);
  }
}

TEST_F(PipelineOptimiserTest, CountsWhatIsThere) {
  Collection c = Get("c");
  const bson::Document pipeline = Stages(R"([{"$skip":3},{"$count":"n"}])");
  EXPECT_EQ(Integers(Must(c.Aggregate(pipeline["p"].AsView())), "n"), std::vector<int>{57});
  ASSERT_TRUE(c.DeleteMany(J(R"({"a":{"$gt":0}})")).ok());
  EXPECT_EQ(Integers(Must(c.Aggregate(pipeline["p"].AsView())), "n"), std::vector<int>{6});
  ASSERT_TRUE(c.DeleteMany(J("{}")).ok());
  EXPECT_EQ(Integers(Must(c.Aggregate(pipeline["p"].AsView())), "n"), std::vector<int>{});
}

}  // namespace
}  // namespace cairn
