// SPDX-License-Identifier: Apache-2.0
// The Data API as its clients saw it: same requests, same replies.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "cairn/cairn.h"
#include "cairn/json.h"
#include "cairn/work_memory.h"
#include "server/http/routes.h"

namespace cairn::server {
namespace {

class DataApiTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenOptions options;
    options.in_memory = true;
    auto opened = Database::Open("", options);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    database_ = std::move(opened).value();
    dispatcher_ = std::make_unique<Dispatcher>(database_.get(), DispatcherOptions{});
  }

  /// `fields` is what follows dataSource, database and collection.
  Reply Act(const std::string& action, const std::string& fields, bool ejson = false,
            const std::string& prefix = "") {
    Request request;
    request.method = "POST";
    MemoryShare memory(MemoryShare::Use::kPassing);
    request.memory = &memory;
    request.path = prefix + "/action/" + action;
    if (ejson) request.headers.emplace_back("Accept", "application/ejson");
    request.body = R"({"dataSource":"Cluster0","database":"db","collection":"c")" +
                   (fields.empty() ? "" : "," + fields) + "}";
    return Route(request, {database_.get(), dispatcher_.get()});
  }

  std::unique_ptr<Database> database_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

TEST_F(DataApiTest, EveryActionUnderEveryPrefix) {
  for (const std::string prefix :
       {"", "/app/data-abc/endpoint/data/v1", "/app/data-abc/endpoint/data/beta"}) {
    Reply reply = Act("insertOne", R"("document":{"_id":1,"a":1})", false, prefix);
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.body, R"({"insertedId":1})");
    EXPECT_EQ(Act("findOne", R"("filter":{"_id":1})", false, prefix).body,
              R"({"document":{"_id":1,"a":1}})");
    EXPECT_EQ(Act("deleteOne", R"("filter":{"_id":1})", false, prefix).body,
              R"({"deletedCount":1})");
  }
}

TEST_F(DataApiTest, InsertGivesIdsBack) {
  const Reply one = Act("insertOne", R"("document":{"a":1})");
  EXPECT_EQ(one.status, 201);
  const bson::Document body = json::Parse(one.body).value();
  EXPECT_EQ(body["insertedId"].AsString().size(), 24u) << one.body;  // plain JSON: the hex string
  const Reply many =
      Act("insertMany", R"("documents":[{"_id":"x"},{"_id":{"$oid":"507f1f77bcf86cd799439011"}}])");
  EXPECT_EQ(many.status, 201);
  EXPECT_EQ(many.body, R"({"insertedIds":["x","507f1f77bcf86cd799439011"]})");
}

TEST_F(DataApiTest, FindTakesFilterProjectionSortLimitSkip) {
  Act("insertMany",
      R"("documents":[{"_id":1,"a":3},{"_id":2,"a":1},{"_id":3,"a":2},{"_id":4,"a":9}])");
  EXPECT_EQ(
      Act("find",
          R"("filter":{"a":{"$lt":9}},"sort":{"a":1},"projection":{"_id":0},"skip":1,"limit":1)")
          .body,
      R"({"documents":[{"a":2}]})");
  EXPECT_EQ(Act("find", "").body,
            R"({"documents":[{"_id":1,"a":3},{"_id":2,"a":1},{"_id":3,"a":2},{"_id":4,"a":9}]})");
  EXPECT_EQ(Act("findOne", R"("filter":{"a":77})").body, R"({"document":null})");
}

TEST_F(DataApiTest, FindReadsPastTheFirstBatch) {
  std::string documents;
  for (int i = 0; i < 500; ++i) {
    documents += (i ? ",{\"_id\":" : "{\"_id\":") + std::to_string(i) + "}";
  }
  ASSERT_EQ(Act("insertMany", "\"documents\":[" + documents + "]").status, 201);
  const bson::Document body = json::Parse(Act("find", "").body).value();
  EXPECT_EQ(std::distance(body["documents"].AsView().begin(), body["documents"].AsView().end()),
            500);
}

TEST_F(DataApiTest, LargeResultsComeWholeOrAreRefusedForGood) {
  const std::string text(size_t{1} << 20, 'x');
  for (int i = 0; i < 60; ++i) {
    const std::string document =
        R"("document":{"_id":)" + std::to_string(i) + R"(,"s":")" + text + "\"}";
    ASSERT_EQ(Act("insertOne", document).status, 201);
  }
  const Reply whole = Act("find", R"("limit":40)");
  EXPECT_EQ(whole.status, 200);
  EXPECT_GT(whole.body.size(), 40 * text.size());
  EXPECT_EQ(Act("aggregate", R"("pipeline":[{"$limit":40}])").body.size(), whole.body.size());
  EXPECT_EQ(Act("find", "").status, 413);
  // A character of control is six in JSON.
  bson::Builder insert;
  insert.AppendString("insert", "c").OpenArray("documents").OpenDocument("0");
  insert.AppendInt32("_id", -1).AppendString("s", std::string(size_t{9} << 20, '\1'));
  insert.Close().Close();
  ASSERT_EQ(dispatcher_->Dispatch({"db", insert.Finish()}, {}).code, ErrorCode::kOk);
  EXPECT_EQ(Act("find", R"("filter":{"_id":-1})").status, 200);
  EXPECT_EQ(Act("find", R"("sort":{"_id":1},"limit":2)").status, 413);
  EXPECT_EQ(Act("deleteOne", R"("filter":{"_id":-1})").status, 200);

  WorkMemory::SetBytesMax(size_t{64} << 20);
  EXPECT_EQ(Act("find", R"("limit":40)").status, 413) << "it would never fit";
  EXPECT_EQ(Act("find", R"("limit":5)").status, 200);
  MemoryShare others(MemoryShare::Use::kPassing);
  EXPECT_TRUE(others.Cover(size_t{40} << 20));
  std::thread([this] { EXPECT_EQ(Act("find", R"("limit":10)").status, 503); }).join();
  others.Release();
  EXPECT_EQ(Act("find", R"("limit":10)").status, 200);
  WorkMemory::SetBytesMax(WorkMemory::kDefaultBytesMax);
}

TEST_F(DataApiTest, AggregateRunsAPipelinePastTheFirstBatch) {
  Act("insertMany", R"("documents":[{"_id":1,"k":"a"},{"_id":2,"k":"b"},{"_id":3,"k":"a"}])");
  EXPECT_EQ(Act("aggregate", R"("pipeline":[{"$sortByCount":"$k"}])").body,
            R"({"documents":[{"_id":"a","count":2},{"_id":"b","count":1}]})");
  std::string numbers = "0";
  for (int i = 1; i < 250; ++i) numbers += "," + std::to_string(i);
  const Reply many = Act("aggregate", R"("pipeline":[{"$limit":1},{"$project":{"n":[)" + numbers +
                                          R"(]}},{"$unwind":"$n"}])");
  EXPECT_EQ(std::ranges::count(many.body, '{'), 251) << many.body;
  EXPECT_EQ(Act("aggregate", R"("pipeline":[{"$nothing":{}}])").status, 400);
  EXPECT_EQ(Act("aggregate", "").status, 400);
}

TEST_F(DataApiTest, UpdatesReportWhatTheyDid) {
  Act("insertMany", R"("documents":[{"_id":1,"a":1},{"_id":2,"a":1}])");
  EXPECT_EQ(Act("updateOne", R"("filter":{"a":1},"update":{"$set":{"a":2}})").body,
            R"({"matchedCount":1,"modifiedCount":1})");
  EXPECT_EQ(Act("updateMany", R"("filter":{},"update":{"$set":{"a":2}})").body,
            R"({"matchedCount":2,"modifiedCount":1})");
  EXPECT_EQ(Act("replaceOne", R"("filter":{"_id":1},"replacement":{"b":1})").body,
            R"({"matchedCount":1,"modifiedCount":1})");
  EXPECT_EQ(Act("updateOne", R"("filter":{"_id":9},"update":{"$set":{"a":2}},"upsert":true)").body,
            R"({"matchedCount":0,"modifiedCount":0,"upsertedId":9})");
  EXPECT_EQ(Act("updateOne", R"("filter":{"_id":8},"update":{"$set":{"a":2}})").body,
            R"({"matchedCount":0,"modifiedCount":0})");
  EXPECT_EQ(Act("deleteMany", R"("filter":{})").body, R"({"deletedCount":3})");
}

TEST_F(DataApiTest, CanonicalExtendedJsonThroughout) {
  EXPECT_EQ(Act("insertOne", R"("document":{"_id":{"$numberLong":"5"}})", true).body,
            R"({"insertedId":{"$numberLong":"5"}})");
  EXPECT_EQ(
      Act("updateOne",
          R"("filter":{"_id":5},"update":{"$set":{"d":{"$date":"2020-01-01T00:00:00Z"}}})", true)
          .body,
      R"({"matchedCount":{"$numberInt":"1"},"modifiedCount":{"$numberInt":"1"}})");
  const Reply found = Act("findOne", "", true);
  EXPECT_EQ(found.content_type, "application/ejson");
  EXPECT_EQ(
      found.body,
      R"({"document":{"_id":{"$numberLong":"5"},"d":{"$date":{"$numberLong":"1577836800000"}}}})");
  EXPECT_EQ(Act("findOne", "").body, R"({"document":{"_id":5,"d":"2020-01-01T00:00:00Z"}})");
}

struct Refusal {
  const char* action;
  const char* fields;
  int status;
  const char* code;
};

TEST_F(DataApiTest, WrongRequestsAreRefusedByName) {
  for (const Refusal& test : std::vector<Refusal>{
           {"insertOne", "", 400, "MissingParameter"},
           {"insertOne", R"("document":7)", 400, "InvalidParameter"},
           {"insertOne", R"("document":{},"frob":1)", 400, "InvalidParameter"},
           {"insertMany", R"("documents":[7])", 400, "InvalidParameter"},
           {"deleteMany", "", 400, "MissingParameter"},
           {"updateOne", R"("filter":{})", 400, "MissingParameter"},
           {"updateOne", R"("filter":{},"update":{"a":1})", 400, "InvalidParameter"},
           {"replaceOne", R"("filter":{},"replacement":{"$set":{"a":1}})", 400, "InvalidParameter"},
           {"deleteOne", "", 400, "MissingParameter"},
           {"aggregate", R"("pipeline":{})", 400, "InvalidParameter"},
           {"find", R"("filter":{"a":{"$frob":1}})", 400, "InvalidParameter"},
           {"find", R"("limit":"x")", 400, "InvalidParameter"},
           {"frob", "", 404, "InvalidParameter"},
       }) {
    const Reply reply = Act(test.action, test.fields);
    EXPECT_EQ(reply.status, test.status) << test.action << " " << test.fields << " " << reply.body;
    EXPECT_NE(reply.body.find("\"error_code\":\"" + std::string(test.code) + "\""),
              std::string::npos)
        << reply.body;
    EXPECT_NE(reply.body.find("\"link\":"), std::string::npos);
  }
}

TEST_F(DataApiTest, BodiesWithoutADatabaseOrOfWrongJsonAreRefused) {
  Request request;
  request.method = "POST";
  request.path = "/action/find";
  for (const auto& [body, code] : std::vector<std::pair<const char*, const char*>>{
           {R"({"database":"d","collection":"c"})", "MissingParameter"},
           {R"({"dataSource":"s","collection":"c"})", "MissingParameter"},
           {R"({"dataSource":"s","database":"d"})", "MissingParameter"},
           {R"({"dataSource":"s","database":7,"collection":"c"})", "InvalidParameter"},
           {R"({"dataSource":)", "InvalidParameter"},
       }) {
    request.body = body;
    const Reply reply = Route(request, {database_.get(), dispatcher_.get()});
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_NE(reply.body.find(code), std::string::npos) << reply.body;
  }
}

TEST_F(DataApiTest, UpdatesTakeArrayFiltersAndNeedNoFilter) {
  Act("insertMany", R"("documents":[{"_id":1,"a":[1,5]},{"_id":2,"a":[7]}])");
  EXPECT_EQ(
      Act("updateMany", R"("update":{"$set":{"a.$[big]":0}},"arrayFilters":[{"big":{"$gt":4}}])")
          .body,
      R"({"matchedCount":2,"modifiedCount":2})");
  EXPECT_EQ(Act("find", "").body, R"({"documents":[{"_id":1,"a":[1,0]},{"_id":2,"a":[0]}]})");
  EXPECT_EQ(Act("replaceOne", R"("replacement":{"b":1},"upsert":false)").body,
            R"({"matchedCount":1,"modifiedCount":1})");
}

TEST_F(DataApiTest, EveryTypeInPlainJson) {
  Act("insertOne", R"("document":{"_id":1,"binary":{"$binary":{"base64":"AQI=","subType":"05"}},
      "date":{"$date":{"$numberLong":"1641954803067"}},"decimal":{"$numberDecimal":"9823.1297"},
      "double":10.5,"long":{"$numberLong":"50"},"max":{"$maxKey":1},"min":{"$minKey":1},
      "oid":{"$oid":"5d505646cf6d4fe581014ab2"},
      "regex":{"$regularExpression":{"pattern":"^H","options":"i"}},
      "timestamp":{"$timestamp":{"t":1565545664,"i":1}},"null":null,"array":[true]})");
  EXPECT_EQ(Act("findOne", "").body,
            R"({"document":{"_id":1,"binary":{"Subtype":5,"Data":"AQI="},)"
            R"("date":"2022-01-12T02:33:23.067Z","decimal":"9823.1297","double":10.5,"long":50,)"
            R"("max":{},"min":{},"oid":"5d505646cf6d4fe581014ab2",)"
            R"("regex":{"Pattern":"^H","Options":"i"},"timestamp":{"T":1565545664,"I":1},)"
            R"("null":null,"array":[true]}})");
}

TEST_F(DataApiTest, DuplicateKeysAreConflicts) {
  Act("insertOne", R"("document":{"_id":1})");
  EXPECT_EQ(Act("insertOne", R"("document":{"_id":1})").status, 409);
}

}  // namespace
}  // namespace cairn::server
