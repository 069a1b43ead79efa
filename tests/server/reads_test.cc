// SPDX-License-Identifier: Apache-2.0
// find, getMore, killCursors, count, distinct: replies, batches and codes.
#include <chrono>
#include <thread>

#include "tests/server/command_fixture.h"

namespace cairn::server {
namespace {

class ReadsTest : public CommandTest {
 protected:
  // The cursor's id in a reply, and how many documents came with it.
  static int64_t IdOf(const CommandReply& reply) {
    EXPECT_EQ(reply.code, ErrorCode::kOk) << json::ToJson(reply.body);
    if (reply.code != ErrorCode::kOk) return 0;
    return reply.body["cursor"].AsView()["id"].AsInt64();
  }
  static int CountOf(const CommandReply& reply, std::string_view batch) {
    if (reply.code != ErrorCode::kOk) return -1;
    const bson::View documents = reply.body["cursor"].AsView()[batch].AsView();
    return static_cast<int>(std::distance(documents.begin(), documents.end()));
  }
  CommandReply GetMore(int64_t id, const std::string& rest = "",
                       const char* collection = "numbers") {
    return Dispatch(R"({"getMore":{"$numberLong":")" + std::to_string(id) + R"("},"collection":")" +
                    collection + "\"" + rest + "}");
  }
};

TEST_F(ReadsTest, FindReplies) {
  InsertNumbers(3);
  EXPECT_EQ(Run(R"({"find":"numbers","filter":{"_id":{"$gte":1}}})"),
            R"({"cursor":{"firstBatch":[{"_id":{"$numberInt":"1"}},{"_id":{"$numberInt":"2"}}],)"
            R"("id":{"$numberLong":"0"},"ns":"test.numbers"},"ok":{"$numberDouble":"1.0"}})");
  EXPECT_EQ(RunRelaxed(R"({"find":"nothing"})"),
            R"({"cursor":{"firstBatch":[],"id":0,"ns":"test.nothing"},"ok":1.0})");
}

TEST_F(ReadsTest, BatchesFollowEachOther) {
  InsertNumbers(250);
  const CommandReply first = Dispatch(R"({"find":"numbers"})");
  EXPECT_EQ(CountOf(first, "firstBatch"), 101);
  const int64_t id = IdOf(first);
  ASSERT_NE(id, 0);
  const CommandReply second = GetMore(id, R"(,"batchSize":100)");
  EXPECT_EQ(CountOf(second, "nextBatch"), 100);
  EXPECT_EQ(IdOf(second), id);
  EXPECT_EQ(second.body["cursor"].AsView()["nextBatch"].AsView()["0"].AsView()["_id"].AsInt32(),
            101);
  const CommandReply last = GetMore(id);
  EXPECT_EQ(CountOf(last, "nextBatch"), 49);
  EXPECT_EQ(IdOf(last), 0);
  EXPECT_EQ(GetMore(id).code, ErrorCode::kCursorNotFound);
}

TEST_F(ReadsTest, BatchSizes) {
  InsertNumbers(10);
  const CommandReply none = Dispatch(R"({"find":"numbers","batchSize":0})");
  EXPECT_EQ(CountOf(none, "firstBatch"), 0);
  EXPECT_NE(IdOf(none), 0);
  EXPECT_EQ(CountOf(GetMore(IdOf(none)), "nextBatch"), 10);
  const CommandReply single = Dispatch(R"({"find":"numbers","batchSize":3,"singleBatch":true})");
  EXPECT_EQ(CountOf(single, "firstBatch"), 3);
  EXPECT_EQ(IdOf(single), 0);
  const CommandReply limited = Dispatch(R"({"find":"numbers","batchSize":5,"limit":5})");
  EXPECT_EQ(CountOf(limited, "firstBatch"), 5);
  EXPECT_EQ(IdOf(limited), 0);
  const CommandReply rest = Dispatch(R"({"find":"numbers","batchSize":2,"limit":5,"skip":4})");
  EXPECT_EQ(CountOf(GetMore(IdOf(rest)), "nextBatch"), 3);
}

TEST_F(ReadsTest, BatchesStayBelow16Megabytes) {
  const std::string large(6 << 20, 'x');
  for (int i = 0; i < 5; ++i) {
    Must(R"({"insert":"numbers","documents":[{"_id":)" + std::to_string(i) + R"(,"s":")" + large +
         "\"}]}");
  }
  const CommandReply first = Dispatch(R"({"find":"numbers"})");
  EXPECT_EQ(CountOf(first, "firstBatch"), 2);
  const CommandReply second = GetMore(IdOf(first));
  EXPECT_EQ(CountOf(second, "nextBatch"), 2);
  EXPECT_EQ(second.body["cursor"].AsView()["nextBatch"].AsView()["0"].AsView()["_id"].AsInt32(), 2);
  const CommandReply third = GetMore(IdOf(first));
  EXPECT_EQ(CountOf(third, "nextBatch"), 1);
  EXPECT_EQ(IdOf(third), 0);
}

TEST_F(ReadsTest, CursorBelongsToItsNamespace) {
  InsertNumbers(10);
  const int64_t id = IdOf(Dispatch(R"({"find":"numbers","batchSize":1})"));
  EXPECT_EQ(GetMore(id, "", "others").code, ErrorCode::kUnauthorized);
  EXPECT_EQ(GetMore(id, R"(,"maxTimeMS":5)").code, ErrorCode::kBadValue);
  EXPECT_EQ(CountOf(GetMore(id), "nextBatch"), 9);
}

TEST_F(ReadsTest, KillsCursors) {
  InsertNumbers(10);
  const std::string id = std::to_string(IdOf(Dispatch(R"({"find":"numbers","batchSize":1})")));
  EXPECT_EQ(RunRelaxed(R"({"killCursors":"numbers","cursors":[{"$numberLong":")" + id +
                       R"("},{"$numberLong":"0"},{"$numberLong":"5"}]})"),
            R"({"cursorsKilled":[)" + id +
                R"(,0],"cursorsNotFound":[5],"cursorsAlive":[],"cursorsUnknown":[],"ok":1.0})");
  EXPECT_EQ(GetMore(std::stoll(id)).code, ErrorCode::kCursorNotFound);
}

TEST_F(ReadsTest, CountReplies) {
  InsertNumbers(10);
  EXPECT_EQ(Run(R"({"count":"numbers"})"),
            R"({"n":{"$numberInt":"10"},"ok":{"$numberDouble":"1.0"}})");
  EXPECT_EQ(RunRelaxed(R"({"count":"numbers","query":{"_id":{"$lt":4}}})"), R"({"n":4,"ok":1.0})");
  EXPECT_EQ(RunRelaxed(R"({"count":"numbers","limit":-3})"), R"({"n":3,"ok":1.0})");
  EXPECT_EQ(RunRelaxed(R"({"count":"numbers","skip":4})"), R"({"n":6,"ok":1.0})");
  EXPECT_EQ(RunRelaxed(R"({"count":"nothing"})"), R"({"n":0,"ok":1.0})");
}

TEST_F(ReadsTest, DistinctReplies) {
  Must(R"({"insert":"c","documents":[{"a":"x"},{"a":[2,1]},{"a":1.0},{}]})");
  EXPECT_EQ(RunRelaxed(R"({"distinct":"c","key":"a"})"), R"({"values":[1,2,"x"],"ok":1.0})");
  EXPECT_EQ(RunRelaxed(R"({"distinct":"c","key":"a","query":{"a":"x"}})"),
            R"({"values":["x"],"ok":1.0})");
  EXPECT_EQ(RunRelaxed(R"({"distinct":"nothing","key":"a"})"), R"({"values":[],"ok":1.0})");
}

TEST_F(ReadsTest, Codes) {
  InsertNumbers(1);
  const CodeCase cases[] = {
      {R"({"find":""})", 73},
      {R"({"find":1})", 73},
      {R"({"find":"$x"})", 73},
      {R"({"find":"c","filter":null})", 14},
      {R"({"find":"c","filter":[]})", 14},
      {R"({"find":"c","filter":"x"})", 14},
      {R"({"find":"c","projection":"a"})", 14},
      {R"({"find":"c","sort":[1]})", 14},
      {R"({"find":"c","limit":"x"})", 14},
      {R"({"find":"c","limit":-1})", 2},
      {R"({"find":"c","skip":-1})", 2},
      {R"({"find":"c","batchSize":-1})", 2},
      {R"({"find":"c","foo":1})", 40415},
      {R"({"find":"c","hint":1})", 9},
      {R"({"find":"c","tailable":true,"singleBatch":true})", 2},
      {R"({"find":"c","awaitData":true})", 9},
      {R"({"find":"c","tailable":false,"awaitData":false,"returnKey":false})", 0},
      {R"({"find":"c","collation":{"locale":"simple"}})", 0},
      {R"({"find":"c","collation":{"locale":"de"}})", 0},
      {R"({"find":"c","collation":{"locale":"xx"}})", 2},
      {R"({"find":"c","collation":{"strength":1}})", 40414},
      {R"({"find":"c","collation":1})", 14},
      {R"({"find":"numbers","filter":{"$foo":1}})", 2},
      {R"({"find":"numbers","sort":{"a":2}})", 15975},
      {R"({"getMore":1,"collection":"c"})", 14},
      {R"({"getMore":null,"collection":"c"})", 40414},
      {R"({"getMore":{"$numberLong":"1"}})", 40414},
      {R"({"getMore":{"$numberLong":"1"},"collection":"c"})", 43},
      {R"({"getMore":{"$numberLong":"1"},"collection":"c","batchSize":-1})", 2},
      {R"({"getMore":{"$numberLong":"1"},"collection":"c","foo":1})", 40415},
      {R"({"killCursors":"c","cursors":[1]})", 14},
      {R"({"killCursors":"c"})", 40414},
      {R"({"killCursors":"$cmd.listCollections","cursors":[]})", 0},
      {R"({"count":null})", 73},
      {R"({"count":"c","query":1})", 14},
      {R"({"count":"c","query":null})", 0},
      {R"({"count":"c","limit":"x"})", 2},
      {R"({"count":"c","limit":1.5})", 9},
      {R"({"count":"c","limit":{"$numberLong":"-9223372036854775808"}})", 2},
      {R"({"count":"c","skip":-1})", 2},
      {R"({"count":"c","skip":{"$numberDecimal":"-0.5"}})", 0},
      {R"({"count":"c","hint":null})", 9},
      {R"({"distinct":"c"})", 40414},
      {R"({"distinct":"c","key":1})", 14},
      {R"({"distinct":"c","key":"a\u0000b"})", 31032},
      {R"({"distinct":"c","key":"a","query":null})", 0},
      {R"({"distinct":"c","key":"a","Key":"b"})", 40415},
  };
  for (const CodeCase& test : cases) EXPECT_EQ(CodeOf(test.command), test.code) << test.command;
}

// A cursor is killed while another thread waits for its next batch.
TEST_F(ReadsTest, GetMoreOfACursorThatIsKilled) {
  InsertNumbers(1);
  for (const char* greedy :
       {R"({"$match":{"c":-1}})", R"({"$group":{"_id":"$c"}})",
        R"({"$sort":{"c":1,"b":-1}},{"$limit":1})", R"({"$facet":{"n":[{"$count":"n"}]}})"}) {
    // A thousand million rows.
    std::string stages;
    for (const char* name : {"a", "b", "c"}) {
      stages += R"({"$set":{")" + std::string(name) + R"(":{"$range":[0,1000]}}},{"$unwind":"$)" +
                name + "\"},";
    }
    const int64_t id = IdOf(Dispatch(R"({"aggregate":"numbers","pipeline":[)" + stages + greedy +
                                     R"(],"cursor":{"batchSize":0}})"));
    ASSERT_NE(id, 0);
    std::jthread killer([this, id] {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      Must(R"({"killCursors":"numbers","cursors":[{"$numberLong":")" + std::to_string(id) +
           "\"}]}");
    });
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(GetMore(id).code, ErrorCode::kCursorKilled) << greedy;
    // Generous: other work may have the processor.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << greedy;
    killer.join();
    EXPECT_EQ(GetMore(id).code, ErrorCode::kCursorNotFound);
  }
}

}  // namespace
}  // namespace cairn::server
