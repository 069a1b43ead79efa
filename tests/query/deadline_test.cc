// SPDX-License-Identifier: Apache-2.0
// maxTimeMS: queries that would run for minutes or longer end with its error, whatever they spend
// their time on.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "cairn/json.h"
#include "tests/query/library_commands.h"

namespace cairn {
namespace {

// Far below what any of the cases would take, far above what stopping takes on a busy machine.
constexpr std::chrono::seconds kPatience{5};

class Deadline : public testing::Test {
 protected:
  Deadline() {
    OpenOptions options;
    options.in_memory = true;
    database_ = Database::Open("", options).value();
    bson::Builder document;
    document.AppendInt32("_id", 1);
    document.AppendString("text", std::string(size_t{1} << 20, 'a'));
    document.OpenArray("numbers");
    for (int i = 0; i < 200'000; ++i) document.AppendInt32(document.NextIndex(), i);
    document.Close();
    EXPECT_TRUE(Open().InsertOne(document.Finish()).ok());
  }
  Collection Open() { return database_->GetCollection("d", "c").value(); }

  void ExpectExpired(const std::string& command) {
    const auto parsed = json::Parse(command);
    ASSERT_TRUE(parsed.ok()) << command << ": " << parsed.status().ToString();
    const auto began = std::chrono::steady_clock::now();
    const bson::Document reply = cases::RunOnLibrary(database_.get(), "d", *parsed);
    EXPECT_LT(std::chrono::steady_clock::now() - began, kPatience) << command;
    EXPECT_EQ(reply["codeName"].missing() ? "" : reply["codeName"].AsString(), "MaxTimeMSExpired")
        << command << ": " << json::ToJson(reply).substr(0, 300);
  }
  std::unique_ptr<Database> database_;
};

TEST_F(Deadline, StopsExpressions) {
  const std::string all = R"("input":"$numbers")";
  const std::string each = R"({"$in":["none","$numbers"]})";
  const std::string expressions[] = {
      R"({"$map":{)" + all + R"(,"in":)" + each + "}}",
      R"({"$filter":{)" + all + R"(,"cond":)" + each + "}}",
      R"({"$reduce":{)" + all + R"(,"initialValue":0,"in":{"$cond":[)" + each + ",1,2]}}}",
      R"({"$size":{"$regexFindAll":{"input":"$text","regex":"a{0,60000}b|c"}}})"};
  for (const std::string& expression : expressions) {
    ExpectExpired(R"({"aggregate":"c","pipeline":[{"$project":{"e":)" + expression +
                  R"(}}],"cursor":{},"maxTimeMS":50})");
  }
}

// Each loop is short, and each round of it runs another.
TEST_F(Deadline, StopsShortLoopsWithinEachOther) {
  for (const char* loop :
       {R"({"$map":{"input":["$_id",2,3],"in":)", R"({"$filter":{"input":["$_id",2,3],"cond":)"}) {
    std::string expression = "\"$_id\"";
    for (int depth = 0; depth < 20; ++depth) expression = loop + expression + "}}";
    ExpectExpired(R"({"aggregate":"c","pipeline":[{"$project":{"e":)" + expression +
                  R"(}}],"cursor":{},"maxTimeMS":50})");
  }
}

// What looks at no deadline, as it takes no longer than it takes to read its text.
TEST_F(Deadline, SearchesAlikeTextsInLinearTime) {
  const std::string part = R"({"$concat":[{"$substrBytes":["$text",0,500000]},"b"]})";
  const std::string expressions[] = {
      R"({"$indexOfBytes":["$text",)" + part + "]}", R"({"$indexOfCP":["$text",)" + part + "]}",
      R"({"$size":{"$split":["$text",)" + part + "]}}",
      R"({"$replaceAll":{"input":"$text","find":)" + part + R"(,"replacement":""}})"};
  for (const std::string& expression : expressions) {
    const auto command = json::Parse(R"({"aggregate":"c","pipeline":[{"$project":{"e":)" +
                                     expression + R"(}}],"cursor":{}})");
    const auto began = std::chrono::steady_clock::now();
    const bson::Document reply = cases::RunOnLibrary(database_.get(), "d", *command);
    EXPECT_LT(std::chrono::steady_clock::now() - began, kPatience) << expression;
    EXPECT_EQ(reply["ok"].AsDouble(), 1) << expression;
  }
}

TEST_F(Deadline, StopsWhatIsConstant) {
  ExpectExpired(
      R"({"find":"c","filter":{"$expr":{"$map":{"input":{"$range":[0,3000000]},"as":"x","in":
      {"$map":{"input":[1,2,3,4,5,6,7,8,9,10],"in":{"$mod":["$$x",7]}}}}}},"maxTimeMS":20})");
}

TEST_F(Deadline, StopsManyConditions) {
  std::string conditions;
  for (int i = 0; i < 20'000; ++i) {
    conditions += (i == 0 ? "" : ",") + std::string(R"({"numbers":{"$not":{"$gt":)") +
                  std::to_string(i + 300'000) + "}}}";
  }
  ExpectExpired(R"({"find":"c","filter":{"$and":[)" + conditions + R"(]},"maxTimeMS":50})");
}

TEST_F(Deadline, StopsWrites) {
  const std::string slow =
      R"([{"$set":{"n":{"$size":{"$filter":{"input":"$numbers","cond":{"$in":["none","$numbers"]}}}}}}])";
  const std::string q = R"({"numbers":5})";
  // The commands of the tests take no maxTimeMS for writes; the library does.
  const bson::Document filter = json::Parse(q).value();
  bson::Document stages = json::Parse(R"({"a":)" + slow + "}").value();
  UpdateOptions options;
  options.pipeline = true;
  options.max_time_ms = 50;
  const auto began = std::chrono::steady_clock::now();
  const auto updated = Open().UpdateMany(filter, stages["a"].AsView(), options);
  EXPECT_LT(std::chrono::steady_clock::now() - began, kPatience);
  EXPECT_EQ(updated.status().code(), ErrorCode::kMaxTimeMSExpired);
}

TEST_F(Deadline, NobodyIsStoppedWithoutOne) {
  const auto parsed = json::Parse(
      R"({"aggregate":"c","pipeline":[{"$project":{"_id":0,"n":{"$size":{"$filter":{"input":
      "$numbers","cond":{"$lt":["$$this",7]}}}}}}],"cursor":{}})");
  const bson::Document reply = cases::RunOnLibrary(database_.get(), "d", *parsed);
  EXPECT_EQ(json::ToJson(reply["cursor"].AsView()), R"({"firstBatch":[{"n":7}]})");
}

// While a query is opened its plans are tried, some hundred steps each.
TEST_F(Deadline, LastsWhilePlansAreTried) {
  Collection collection = database_->GetCollection("d", "many").value();
  std::vector<bson::Document> documents;
  for (int i = 0; i < 2000; ++i) {
    documents.push_back(bson::Builder()
                            .AppendInt32("_id", i)
                            .AppendInt32("a", i % 10)
                            .AppendInt32("c", i % 7)
                            .Finish());
  }
  const std::vector<bson::View> views(documents.begin(), documents.end());
  ASSERT_TRUE(collection.InsertMany(views).ok());
  for (const char* const field : {"a", "c"}) {
    IndexModel model;
    model.keys = bson::Builder().AppendInt32(field, 1).Finish();
    ASSERT_TRUE(collection.CreateIndexes({&model, 1}).ok());
  }
  const std::string filter = R"({"a":{"$lt":5},"c":{"$gt":1}})";
  const std::string update = R"([{"q":)" + filter + R"(,"u":{"$set":{"x":1}},"multi":true}])";
  const std::string pipeline = R"([{"$match":)" + filter + R"(},{"$count":"n"}],"cursor":{})";
  for (
      const std::string& command : {
          R"("aggregate":"many","pipeline":)" + pipeline,
          R"("aggregate":"many","explain":true,"pipeline":)" + pipeline,
          R"("aggregate":"c","cursor":{},"pipeline":[{"$lookup":{"from":"many","as":"m","pipeline":[{"$match":)" +
              filter + R"(},{"$count":"n"}]}},{"$project":{"m":1}}])",
          R"("find":"many","batchSize":2000,"filter":)" + filter,
          R"("count":"many","query":)" + filter,
          R"("distinct":"many","key":"_id","query":)" + filter,
          R"("update":"many","updates":)" + update,
      }) {
    const auto parsed = json::Parse("{" + command + R"(,"maxTimeMS":60000})");
    ASSERT_TRUE(parsed.ok()) << command << ": " << parsed.status().ToString();
    const bson::Document reply = cases::RunOnLibrary(database_.get(), "d", *parsed);
    EXPECT_EQ(reply["ok"].AsDouble(), 1) << command << ": " << json::ToJson(reply).substr(0, 300);
  }
}

// Nothing of a plan looks at a deadline: whether a partial index has what a filter asks for is not
// to be found out for each of many branches anew.
TEST_F(Deadline, PlansOfManyBranchesAreMadeAtOnce) {
  const std::string collation = R"("collation":{"locale":"en","strength":1})";
  std::string texts, branches;
  for (int i = 0; i < 3000; ++i) texts += (i == 0 ? "\"x" : ",\"x") + std::to_string(i) + "\"";
  for (int i = 0; i < 2000; ++i) {
    branches += (i == 0 ? "" : ",") + (R"({"a":1,"p":"X)" + std::to_string(i)) + "\"}";
  }
  const auto run = [&](const std::string& command) {
    const bson::Document reply =
        cases::RunOnLibrary(database_.get(), "d", json::Parse(command).value());
    EXPECT_EQ(reply["ok"].AsDouble(), 1) << json::ToJson(reply).substr(0, 300);
  };
  run(R"({"createIndexes":"c","indexes":[{"key":{"p":1},"name":"p",)" + collation +
      R"(,"partialFilterExpression":{"p":{"$in":[)" + texts + "]}}}]}");
  const auto began = std::chrono::steady_clock::now();
  run(R"({"find":"c","filter":{"$or":[)" + branches + "]}," + collation + "}");
  EXPECT_LT(std::chrono::steady_clock::now() - began, kPatience);
}

}  // namespace
}  // namespace cairn
