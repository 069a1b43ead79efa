// SPDX-License-Identifier: Apache-2.0
// insert, update, delete: replies, errors of single operations, and codes.
#include "tests/server/command_fixture.h"

namespace cairn::server {
namespace {

class WritesTest : public CommandTest {
 protected:
  std::string Documents() {
    return json::ToJson(
        bson::Document(Dispatch(R"({"find":"c","sort":{"_id":1}})").body["cursor"].AsView()));
  }
  std::string Only(std::string_view document) {
    return R"({"firstBatch":[)" + std::string(document) + R"(],"id":0,"ns":"test.c"})";
  }
};

TEST_F(WritesTest, InsertReplies) {
  EXPECT_EQ(Run(R"({"insert":"c","documents":[{"_id":1},{"_id":2,"a":"x"}]})"),
            R"({"n":{"$numberInt":"2"},"ok":{"$numberDouble":"1.0"}})");
  EXPECT_EQ(Documents(), Only(R"({"_id":1},{"_id":2,"a":"x"})"));
}

TEST_F(WritesTest, InsertNamesDuplicates) {
  Must(R"({"insert":"c","documents":[{"_id":2}]})");
  const char* documents = R"("documents":[{"_id":1},{"_id":2},{"_id":3},{"_id":2}])";
  const CommandReply ordered = Dispatch(R"({"insert":"c",)" + std::string(documents) + "}");
  EXPECT_EQ(ordered.body["n"].AsInt32(), 1);
  const bson::View error = ordered.body["writeErrors"].AsView()["0"].AsView();
  EXPECT_EQ(error["index"].AsInt32(), 1);
  EXPECT_EQ(error["code"].AsInt32(), 11000);
  EXPECT_EQ(json::ToJson(error["keyPattern"].AsView()), R"({"_id":1})");
  EXPECT_EQ(json::ToJson(error["keyValue"].AsView()), R"({"_id":2})");
  EXPECT_TRUE(ordered.body["writeErrors"].AsView()["1"].missing());

  Must(R"({"drop":"c"})");
  Must(R"({"insert":"c","documents":[{"_id":2}]})");
  const CommandReply unordered =
      Dispatch(R"({"insert":"c","ordered":false,)" + std::string(documents) + "}");
  EXPECT_EQ(unordered.body["n"].AsInt32(), 2);
  EXPECT_EQ(unordered.body["writeErrors"].AsView()["1"].AsView()["index"].AsInt32(), 3);
}

TEST_F(WritesTest, UnacknowledgedWritesDoNotTellTheirErrors) {
  EXPECT_EQ(
      RunRelaxed(R"({"insert":"c","documents":[{"_id":1},{"_id":1}],"writeConcern":{"w":0}})"),
      R"({"n":1,"ok":1.0})");
}

TEST_F(WritesTest, UpdateReplies) {
  Must(R"({"insert":"c","documents":[{"_id":1,"a":1},{"_id":2,"a":1}]})");
  EXPECT_EQ(Run(R"({"update":"c","updates":[{"q":{"_id":1},"u":{"$set":{"a":2}}}]})"),
            R"({"n":{"$numberInt":"1"},"nModified":{"$numberInt":"1"},)"
            R"("ok":{"$numberDouble":"1.0"}})");
  EXPECT_EQ(RunRelaxed(R"({"update":"c","updates":[{"q":{},"u":{"$set":{"a":2}},"multi":true}]})"),
            R"({"n":2,"nModified":1,"ok":1.0})");
  EXPECT_EQ(RunRelaxed(R"({"update":"c","updates":[{"q":{"_id":1},"u":{"b":1}},
                          {"q":{"_id":9},"u":{"$set":{"a":1}},"upsert":true}]})"),
            R"({"n":2,"upserted":[{"index":1,"_id":9}],"nModified":1,"ok":1.0})");
  EXPECT_EQ(Documents(), Only(R"({"_id":1,"b":1},{"_id":2,"a":2},{"_id":9,"a":1})"));
}

TEST_F(WritesTest, UpdateStopsAtAnErrorWhenOrdered) {
  Must(R"({"insert":"c","documents":[{"_id":1,"a":"x"}]})");
  const std::string updates =
      R"("updates":[{"q":{},"u":{"$set":{"b":1}}},{"q":{},"u":{"$inc":{"a":1}}},)"
      R"({"q":{},"u":{"$set":{"c":1}}}])";
  const CommandReply ordered = Dispatch(R"({"update":"c",)" + updates + "}");
  EXPECT_EQ(ordered.body["n"].AsInt32(), 1);
  EXPECT_EQ(ordered.body["writeErrors"].AsView()["0"].AsView()["index"].AsInt32(), 1);
  EXPECT_EQ(ordered.body["writeErrors"].AsView()["0"].AsView()["code"].AsInt32(), 14);
  const CommandReply unordered = Dispatch(R"({"update":"c","ordered":false,)" + updates + "}");
  EXPECT_EQ(unordered.body["n"].AsInt32(), 2);
  EXPECT_EQ(Documents(), Only(R"({"_id":1,"a":"x","b":1,"c":1})"));
}

TEST_F(WritesTest, DeleteReplies) {
  InsertNumbers(5);
  EXPECT_EQ(Run(R"({"delete":"numbers","deletes":[{"q":{},"limit":1}]})"),
            R"({"n":{"$numberInt":"1"},"ok":{"$numberDouble":"1.0"}})");
  EXPECT_EQ(RunRelaxed(R"({"delete":"numbers","deletes":[{"q":{"_id":{"$gte":3}},"limit":0},
                          {"q":{"_id":77},"limit":1}]})"),
            R"({"n":2,"ok":1.0})");
  EXPECT_EQ(RunRelaxed(R"({"delete":"nothing","deletes":[{"q":{},"limit":0}]})"),
            R"({"n":0,"ok":1.0})");
}

TEST_F(WritesTest, LongErrorListsStayBounded) {
  Must(R"({"insert":"c","documents":[{"_id":1}]})");
  std::string command = R"({"insert":"c","ordered":false,"documents":[)";
  constexpr int kCount = 50000;
  for (int i = 0; i < kCount; ++i) command += i > 0 ? R"(,{"_id":1})" : R"({"_id":1})";
  const CommandReply reply = Dispatch(command + "]}");
  const bson::View errors = reply.body["writeErrors"].AsView();
  EXPECT_EQ(std::distance(errors.begin(), errors.end()), kCount);
  EXPECT_LT(reply.body.size(), size_t{5} << 20);
  EXPECT_EQ(errors[std::to_string(kCount - 1)].AsView()["code"].AsInt32(), 11000);
}

TEST_F(WritesTest, Codes) {
  const CodeCase cases[] = {
      {R"({"insert":"","documents":[{}]})", 73},
      {R"({"insert":"c"})", 40414},
      {R"({"insert":"c","documents":[]})", 16},
      {R"({"insert":"c","documents":{}})", 14},
      {R"({"insert":"c","documents":[1]})", 14},
      {R"({"insert":"c","documents":[{}],"ordered":1})", 14},
      {R"({"insert":"c","documents":[{}],"foo":1})", 40415},
      {R"({"insert":"c","documents":[{}],"writeConcern":"x"})", 14},
      {R"({"insert":"c","documents":[{}],"writeConcern":null})", 0},
      {R"({"update":"c","updates":[]})", 16},
      {R"({"update":"c"})", 40414},
      {R"({"update":"c","updates":[{"u":{}}]})", 40414},
      {R"({"update":"c","updates":[{"q":{}}]})", 40414},
      {R"({"update":"c","updates":[{"q":{},"u":1}]})", 14},
      {R"({"update":"c","updates":[{"q":1,"u":{}}]})", 14},
      {R"({"update":"c","updates":[{"q":{},"u":{},"foo":1}]})", 40415},
      {R"({"update":"c","updates":[{"q":{},"u":[{"$set":{"a":1}}]}]})", 0},
      {R"({"update":"c","updates":[{"q":{},"u":[{"$set":{"a":1}}],"c":{"x":1}}]})", 0},
      {R"({"update":"c","updates":[{"q":{},"u":{},"c":{"a":1}}]})", 51198},
      {R"({"update":"c","updates":[{"q":{},"u":{"$set":{"a":1}},"arrayFilters":[1]}]})", 14},
      {R"({"update":"c","updates":[{"q":{},"u":{},"arrayFilters":[]}]})", 0},
      {R"({"update":"c","updates":[{"q":{},"u":{},"hint":1}]})", 9},
      {R"({"update":"c","updates":[{"q":{},"u":{},"multi":1}]})", 14},
      {R"({"delete":"c"})", 40414},
      {R"({"delete":"c","deletes":[]})", 16},
      {R"({"delete":"c","deletes":[{"limit":1}]})", 40414},
      {R"({"delete":"c","deletes":[{"q":{}}]})", 40414},
      {R"({"delete":"c","deletes":[{"q":{},"limit":2}]})", 9},
      {R"({"delete":"c","deletes":[{"q":{},"limit":-1}]})", 9},
      {R"({"delete":"c","deletes":[{"q":"x","limit":1}]})", 14},
      {R"({"delete":"c","deletes":[{"q":{},"limit":1,"foo":1}]})", 40415},
      {R"({"delete":"c","deletes":[{"q":{},"limit":1}],"ordered":"true"})", 14},
      {R"({"delete":"c","deletes":[{"q":{},"limit":1}],"let":"x"})", 14},
  };
  for (const CodeCase& test : cases) EXPECT_EQ(CodeOf(test.command), test.code) << test.command;
}

TEST_F(WritesTest, RefusesTooManyOperations) {
  bson::Builder builder;
  builder.AppendString("insert", "c").OpenArray("documents");
  for (int i = 0; i < 100001; ++i) builder.AppendDocument(builder.NextIndex(), bson::View());
  const bson::Document command = builder.Close().Finish();
  EXPECT_EQ(dispatcher_->Dispatch({"test", command}, {"127.0.0.1"}).code,
            ErrorCode::kInvalidLength);
}

TEST_F(WritesTest, ErrorsOfSingleOperations) {
  Must(R"({"insert":"c","documents":[{"_id":1,"a":"x"}]})");
  const CodeCase cases[] = {
      {R"({"insert":"c","documents":[{"_id":1}]})", 11000},
      {R"({"insert":"c","documents":[{"_id":[1]}]})", 53},
      {R"({"update":"c","updates":[{"q":{},"u":{"$bad":{"x":1}}}]})", 9},
      {R"({"update":"c","updates":[{"q":{},"u":{"b":1},"multi":true}]})", 9},
      {R"({"update":"c","updates":[{"q":{"_id":1},"u":{"_id":2}}]})", 66},
      {R"({"update":"c","updates":[{"q":{"$foo":1},"u":{"$set":{"a":1}}}]})", 2},
      {R"({"delete":"c","deletes":[{"q":{"$foo":1},"limit":1}]})", 2},
  };
  for (const CodeCase& test : cases) {
    EXPECT_EQ(WriteErrorOf(test.command), test.code) << test.command;
  }
}

}  // namespace
}  // namespace cairn::server
