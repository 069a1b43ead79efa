// SPDX-License-Identifier: Apache-2.0
// The commands by which a server is looked after: what runs, how much there is, settings.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "server/command/server_state.h"
#include "tests/server/command_fixture.h"

namespace cairn::server {
namespace {

class AdministrationTest : public CommandTest {
 protected:
  std::string Admin(std::string_view command) {
    return json::ToJson(Dispatch(command, "admin").body);
  }
  // A pipeline that runs until it is stopped, under a $comment to know it by.
  static constexpr const char* kEndless =
      R"({"aggregate":"numbers","pipeline":[{"$match":{"$comment":"endless"}},{"$project":{"n":
      {"$sum":{"$map":{"input":{"$range":[0,3000000]},"in":{"$mod":["$$this",7]}}}}}}],
      "cursor":{},"maxTimeMS":0})";
};

TEST_F(AdministrationTest, KillOpStopsWhatCurrentOpShows) {
  InsertNumbers(1000);
  CommandReply ended;
  std::thread client([&] { ended = Dispatch(kEndless); });
  int32_t id = 0;
  for (int i = 0; i < 10'000 && id == 0; ++i) {
    const CommandReply shown =
        Dispatch(R"({"currentOp":1,"command.pipeline.0.$match.$comment":"endless"})", "admin");
    const bson::View operations = shown.body["inprog"].AsView();
    if (operations.empty()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    const bson::View operation = operations.begin()->value.AsView();
    EXPECT_EQ(operation["ns"].AsString(), "test.numbers");
    EXPECT_EQ(operation["op"].AsString(), "command");
    id = operation["opid"].AsInt32();
  }
  ASSERT_NE(id, 0);
  EXPECT_EQ(Admin(R"({"killOp":1,"op":)" + std::to_string(id) + "}"),
            R"({"info":"attempting to kill op","ok":1.0})");
  client.join();
  EXPECT_EQ(ended.code, ErrorCode::kInterrupted);
  // It is gone, and only the asking one is left.
  const CommandReply left =
      Dispatch(R"({"aggregate":1,"pipeline":[{"$currentOp":{}}],"cursor":{}})", "admin");
  const bson::View batch = left.body["cursor"].AsView()["firstBatch"].AsView();
  EXPECT_EQ(std::distance(batch.begin(), batch.end()), 1);
}

TEST_F(AdministrationTest, KillOpStopsAWaitingCursor) {
  Must(R"({"create":"c","capped":true,"size":4096})");
  Must(R"({"insert":"c","documents":[{"_id":1}]})");
  const CommandReply opened =
      Dispatch(R"({"find":"c","tailable":true,"awaitData":true,"batchSize":1})");
  const int64_t cursor = opened.body["cursor"].AsView()["id"].AsInt64();
  CommandReply ended;
  std::thread client([&] {
    bson::Builder more;
    more.AppendInt64("getMore", cursor).AppendString("collection", "c");
    more.AppendInt32("maxTimeMS", 30'000);
    ended = dispatcher_->Dispatch({"test", more.Finish()}, {"127.0.0.1"});
  });
  bool killed = false;
  for (int i = 0; i < 10'000 && !killed; ++i) {
    for (const bson::Document& operation : database_->CurrentOperations()) {
      if (operation["op"].AsString() != "getmore") continue;
      killed = database_->KillOperation(operation["opid"].AsInt32());
    }
    if (!killed) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  client.join();
  EXPECT_TRUE(killed);
  EXPECT_EQ(ended.code, ErrorCode::kInterrupted);
}

TEST_F(AdministrationTest, SizesAreThoseOfTheDocuments) {
  Must(R"({"insert":"a","documents":[{"_id":1},{"_id":2}]})");
  Must(R"({"insert":"b","documents":[{"_id":1,"x":1}]})");
  Must(R"({"createIndexes":"b","indexes":[{"name":"x_1","key":{"x":1}}]})");
  Must(R"({"create":"v","viewOn":"a","pipeline":[]})");
  const bson::Document stats = Dispatch(R"({"dbStats":1})").body;
  EXPECT_EQ(stats["collections"].AsInt64(), 3);  // With system.views.
  EXPECT_EQ(stats["views"].AsInt64(), 1);
  EXPECT_EQ(stats["objects"].AsInt64(), 3);
  EXPECT_EQ(stats["indexes"].AsInt64(), 3);
  EXPECT_EQ(stats["dataSize"].AsDouble(), 14 + 14 + 21);
  EXPECT_EQ(Dispatch(R"({"collStats":"b"})").body["size"].AsInt32(), 21);
  EXPECT_EQ(Dispatch(R"({"collStats":"none"})").body["count"].AsInt32(), 0);
  EXPECT_EQ(CodeOf(R"({"collStats":"v"})"), 166);
  const auto size_of = [&](const char* rest) {
    return Dispatch(std::string(R"({"dataSize":"test.b")") + rest + "}").body["size"].AsInt64();
  };
  EXPECT_EQ(size_of(""), 21);
  EXPECT_EQ(size_of(R"(,"keyPattern":{"x":1},"min":{"x":0},"max":{"x":2})"), 21);
  EXPECT_EQ(size_of(R"(,"keyPattern":{"x":1},"min":{"x":2},"max":{"x":3})"), 0);
  EXPECT_EQ(CodeOf(R"({"dataSize":"test.b","keyPattern":{"y":1},"min":{"y":2},"max":{"y":3}})"),
            96);
}

TEST_F(AdministrationTest, HashesTellDatabasesApart) {
  const auto hash_of = [&](std::string_view database) {
    const bson::Document hash = Dispatch(R"({"dbHash":1})", database).body;
    return std::string(hash["md5"].AsString());
  };
  Dispatch(R"({"insert":"c","documents":[{"_id":1},{"_id":2}]})", "one");
  Dispatch(R"({"insert":"c","documents":[{"_id":2},{"_id":1}]})", "two");
  EXPECT_EQ(hash_of("one"), hash_of("two"));
  Dispatch(R"({"update":"c","updates":[{"q":{"_id":1},"u":{"$set":{"x":1}}}]})", "two");
  EXPECT_NE(hash_of("one"), hash_of("two"));
}

TEST_F(AdministrationTest, FsyncLocksWritesOut) {
  EXPECT_EQ(Admin(R"({"fsync":1})"), R"({"numFiles":1,"ok":1.0})");
  EXPECT_EQ(Dispatch(R"({"fsync":1,"lock":true})", "admin").body["lockCount"].AsInt64(), 1);
  EXPECT_EQ(CodeOf(R"({"insert":"c","documents":[{"_id":1}]})"), 24);
  EXPECT_EQ(CodeOf(R"({"aggregate":"c","pipeline":[{"$out":"d"}],"cursor":{}})"), 24);
  EXPECT_EQ(CodeOf(R"({"find":"c"})"), 0);
  EXPECT_EQ(Admin(R"({"fsyncUnlock":1})"),
            R"({"info":"fsyncUnlock completed","lockCount":0,"ok":1.0})");
  Must(R"({"insert":"c","documents":[{"_id":1}]})");
  EXPECT_EQ(CodeOf(R"({"fsyncUnlock":1})", "admin"), 20);
}

TEST_F(AdministrationTest, TheProfilerRecords) {
  EXPECT_EQ(RunRelaxed(R"({"profile":2})"), R"({"was":0,"slowms":100,"sampleRate":1.0,"ok":1.0})");
  Must(R"({"insert":"c","documents":[{"_id":1}]})");
  EXPECT_EQ(CodeOf(R"({"find":"c","filter":{"$nothing":1}})"), 2);
  Must(R"({"profile":0})");
  const CommandReply recorded =
      Dispatch(R"({"find":"system.profile","filter":{"ns":"test.c"},"sort":{"ts":1}})");
  const bson::View batch = recorded.body["cursor"].AsView()["firstBatch"].AsView();
  ASSERT_EQ(std::distance(batch.begin(), batch.end()), 2);
  EXPECT_EQ(batch["0"].AsView()["op"].AsString(), "insert");
  EXPECT_EQ(batch["1"].AsView()["op"].AsString(), "query");
  EXPECT_EQ(batch["1"].AsView()["errCode"].AsInt32(), 2);
  // By a filter.
  Must(R"({"profile":1,"filter":{"op":"remove"}})");
  EXPECT_EQ(json::ToJson(Dispatch(R"({"profile":0})").body["filter"].AsView()),
            R"({"op":{"$eq":"remove"}})");
  Must(R"({"drop":"system.profile"})");
  Must(R"({"profile":1})");
  Must(R"({"insert":"c","documents":[{"_id":2}]})");
  Must(R"({"delete":"c","deletes":[{"q":{},"limit":0}]})");
  EXPECT_EQ(Dispatch(R"({"count":"system.profile"})").body["n"].AsInt32(), 1);
}

TEST_F(AdministrationTest, UsageIsCounted) {
  Must(R"({"insert":"c","documents":[{"_id":1}]})");
  Must(R"({"find":"c"})");
  Must(R"({"find":"c"})");
  // What cannot be a name is not counted by it.
  Dispatch(R"({"find":"c\u0000d"})");
  const bson::Document top = Dispatch(R"({"top":1})", "admin").body;
  const bson::View usage = top["totals"].AsView()["test.c"].AsView();
  EXPECT_EQ(usage["queries"].AsView()["count"].AsInt64(), 2);
  EXPECT_EQ(usage["insert"].AsView()["count"].AsInt64(), 1);
  const bson::Document status = Dispatch(R"({"serverStatus":1})").body;
  EXPECT_EQ(status["opcounters"].AsView()["query"].AsInt64(), 3);
  EXPECT_GT(status["mem"].AsView()["resident"].AsInt32(), 0);
}

TEST_F(AdministrationTest, ParametersAreKept) {
  Dispatch(R"({"setParameter":1,"cursorTimeoutMillis":1234})", "admin");
  EXPECT_EQ(Admin(R"({"getParameter":1,"cursorTimeoutMillis":1})"),
            R"({"cursorTimeoutMillis":1234,"ok":1.0})");
  EXPECT_EQ(Admin(R"({"getParameter":{"showDetails":true},"featureCompatibilityVersion":1})"),
            R"({"featureCompatibilityVersion":{"value":{"version":"8.2"},)"
            R"("settableAtRuntime":false,"settableAtStartup":false},"ok":1.0})");
  // Sorts of more than the memory of one stage end where the disk is not to be used.
  Dispatch(R"({"setParameter":1,"allowDiskUseByDefault":false})", "admin");
  EXPECT_EQ(Admin(R"({"getParameter":1,"allowDiskUseByDefault":1})"),
            R"({"allowDiskUseByDefault":false,"ok":1.0})");
}

TEST_F(AdministrationTest, DefaultsOfWritesAreUsed) {
  EXPECT_EQ(Dispatch(R"({"insert":"c","documents":[{"_id":1}]})").durability,
            Durability::kJournaled);
  EXPECT_EQ(CodeOf(R"({"setDefaultRWConcern":1,"defaultWriteConcern":{"w":1,"j":false}})", "admin"),
            0);
  EXPECT_EQ(Dispatch(R"({"insert":"c","documents":[{"_id":2}]})").durability, Durability::kRelaxed);
}

TEST_F(AdministrationTest, AnswersWithCodes) {
  const CodeCase cases[] = {
      {R"({"killOp":1,"op":"x"})", 14},
      {R"({"killOp":1})", 40414},
      {R"({"getParameter":1,"none":1})", 72},
      {R"({"getParameter":1})", 72},
      {R"({"setParameter":1,"none":1})", 72},
      {R"({"setParameter":1,"logLevel":-1})", 2},
      {R"({"setParameter":1,"featureCompatibilityVersion":"8.0"})", 20},
      {R"({"setFeatureCompatibilityVersion":"8.0"})", 7369100},
      {R"({"setFeatureCompatibilityVersion":"7.5","confirm":true})", 4926900},
      {R"({"setFeatureCompatibilityVersion":"8.0","confirm":true})", 0},
      {R"({"getLog":"none"})", 96},
      {R"({"getLog":"*"})", 0},
      {R"({"logRotate":"audit"})", 4},
      {R"({"profile":true})", 14},
      {R"({"profile":0,"sampleRate":2})", 2},
      {R"({"dropConnections":1,"hostAndPort":["host:0"]})", 9},
      {R"({"autoCompact":true,"freeSpaceTargetMB":30})", 0},
      {R"({"autoCompact":true,"freeSpaceTargetMB":31})", 23},
      {R"({"startSession":1})", 0},
      {R"({"endSessions":[{"id":1}]})", 14},
      {R"({"killAllSessions":[{"user":"a"}]})", 40414},
      {R"({"connectionStatus":1,"showPrivileges":true})", 0},
      {R"({"hostInfo":1})", 0},
      {R"({"whatsmyuri":1})", 0},
      {R"({"listCommands":1})", 0},
      {R"({"lockInfo":1,"x":1})", 40415},
      {R"({"killAllSessions":[],"apiVersion":"1","apiStrict":true})", 323},
      {R"({"ping":1,"apiStrict":true})", 4886600},
  };
  for (const CodeCase& each : cases) {
    EXPECT_EQ(CodeOf(each.command, "admin"), each.code) << each.command;
  }
  EXPECT_EQ(CodeOf(R"({"getParameter":1,"logLevel":1})"), 13);
}

}  // namespace
}  // namespace cairn::server
