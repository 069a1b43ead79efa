// SPDX-License-Identifier: Apache-2.0
// Dispatch: lookup, the arguments that any command takes, error encoding, and what a reply waits
// for.
#include "tests/server/command_fixture.h"

namespace cairn::server {
namespace {

using DispatchTest = CommandTest;

TEST_F(DispatchTest, EncodesErrors) {
  EXPECT_EQ(Run(R"({"nonsense":1})"),
            R"({"ok":{"$numberDouble":"0.0"},"errmsg":"no such command: 'nonsense'",)"
            R"("code":{"$numberInt":"59"},"codeName":"CommandNotFound"})");
  EXPECT_EQ(Dispatch(R"({"nonsense":1})").code, ErrorCode::kCommandNotFound);
}

TEST_F(DispatchTest, KeepsErrorDetails) {
  bson::Builder details;
  details.AppendInt32("keyPattern", 1).AppendString("errmsg", "not this");
  const Status status =
      Status(ErrorCode::kDuplicateKey, "twice").WithDetails(details.Finish().bytes());
  EXPECT_EQ(json::ToJson(EncodeError(status).body),
            R"({"ok":0.0,"errmsg":"twice","code":11000,"codeName":"DuplicateKey","keyPattern":1})");
}

TEST_F(DispatchTest, Codes) {
  Must(R"({"create":"c"})");
  const CodeCase cases[] = {
      {R"({})", 59},
      {R"({"Find":"c"})", 59},
      {R"({"mapReduce":"c"})", 115},
      {R"({"findAndModify":"c"})", 9},
      {R"({"findandmodify":"c","remove":true})", 0},
      {R"({"mapReduce":"c"})", 115},
      {R"({"listDatabases":1})", 13},
      {R"({"ping":1})", 0},
      {R"({"ping":1,"foo":1})", 40415},
      {R"({"ping":1,"$db":"test"})", 0},
      {R"({"ping":1,"$db":"other"})", 2},
      {R"({"ping":1,"$db":7})", 14},
      {R"({"ping":1,"lsid":{"id":1},"$clusterTime":{},"$readPreference":{},"comment":1})", 0},
      {R"({"ping":1,"lsid":1})", 14},
      {R"({"ping":1,"apiVersion":"1","apiStrict":true})", 0},
      {R"({"ping":1,"apiVersion":"2"})", 322},
      {R"({"find":"c","txnNumber":{"$numberLong":"1"}})", 20},
      {R"({"find":"c","startTransaction":true})", 20},
      // maxTimeMS
      {R"({"ping":1,"maxTimeMS":null})", 0},
      {R"({"ping":1,"maxTimeMS":0})", 0},
      {R"({"ping":1,"maxTimeMS":2147483647})", 0},
      {R"({"ping":1,"maxTimeMS":2147483648})", 2},
      {R"({"ping":1,"maxTimeMS":-1})", 2},
      {R"({"ping":1,"maxTimeMS":1.5})", 9},
      {R"({"ping":1,"maxTimeMS":{"$numberDouble":"NaN"}})", 9},
      {R"({"ping":1,"maxTimeMS":"1"})", 14},
      // readConcern
      {R"({"find":"c","readConcern":{}})", 0},
      {R"({"find":"c","readConcern":null})", 0},
      {R"({"find":"c","readConcern":{"level":"majority"}})", 0},
      {R"({"find":"c","readConcern":{"level":"LOCAL"}})", 2},
      {R"({"find":"c","readConcern":{"level":1}})", 14},
      {R"({"find":"c","readConcern":1})", 14},
      {R"({"find":"c","readConcern":{"level":"snapshot"}})", 123},
      {R"({"count":"c","readConcern":{"level":"linearizable"}})", 123},
      {R"({"count":"c","readConcern":{"level":"snapshot"}})", 72},
      {R"({"find":"c","readConcern":{"level":"local","foo":1}})", 40415},
      {R"({"find":"c","readConcern":{"provenance":"nobody"}})", 2},
      {R"({"find":"c","readConcern":{"afterClusterTime":null}})", 14},
      {R"({"find":"c","readConcern":{"afterClusterTime":{"$timestamp":{"t":1,"i":1}}}})", 20},
      {R"({"ping":1,"readConcern":{"level":"local"}})", 0},
      {R"({"ping":1,"readConcern":{"level":"majority"}})", 72},
      {R"({"aggregate":"c","pipeline":[{"$merge":"d"}],"cursor":{},"readConcern":{"level":"linearizable"}})",
       72},
      {R"({"aggregate":"c","pipeline":[{"$out":"d"}],"cursor":{},"readConcern":{"level":"snapshot"}})",
       123},
      {R"({"aggregate":"c","pipeline":[{"$planCacheStats":{}}],"cursor":{},"readConcern":{"level":"majority"}})",
       72},
      {R"({"aggregate":1,"pipeline":[{"$listLocalSessions":{}}],"cursor":{},"readConcern":{"level":"local"}})",
       0},
      // writeConcern
      {R"({"ping":1,"writeConcern":null})", 0},
      {R"({"ping":1,"writeConcern":{}})", 72},
      {R"({"find":"c","writeConcern":{"w":1}})", 72},
      {R"({"drop":"x","writeConcern":{}})", 0},
      {R"({"drop":"x","writeConcern":"majority"})", 14},
      {R"({"drop":"x","writeConcern":{"w":"majority","j":true,"wtimeout":5}})", 0},
      {R"({"drop":"x","writeConcern":{"w":null}})", 2},
      {R"({"drop":"x","writeConcern":{"w":true}})", 9},
      {R"({"drop":"x","writeConcern":{"w":-1}})", 9},
      {R"({"drop":"x","writeConcern":{"w":51}})", 9},
      {R"({"drop":"x","writeConcern":{"w":1,"j":"yes"}})", 14},
      {R"({"drop":"x","writeConcern":{"wtimeout":2147483648}})", 9},
      {R"({"drop":"x","writeConcern":{"foo":1}})", 40415},
  };
  for (const CodeCase& test : cases) EXPECT_EQ(CodeOf(test.command), test.code) << test.command;
}

TEST_F(DispatchTest, TellsWhenMoreNodesWereAskedFor) {
  EXPECT_EQ(RunRelaxed(R"({"insert":"c","documents":[{"_id":1}],"writeConcern":{"w":2}})"),
            R"({"n":1,"writeConcernError":{"errmsg":"Not enough data-bearing nodes","code":100,)"
            R"("codeName":"UnsatisfiableWriteConcern"},"ok":1.0})");
}

struct WaitCase {
  const char* concern;
  bool journaled_server_waits;
  bool relaxed_server_waits;
};

TEST_F(DispatchTest, HoldsWritesUntilTheyAreDurable) {
  const WaitCase cases[] = {
      {"{}", true, false},
      {R"({"w":1})", true, false},
      {R"({"w":0})", false, false},
      {R"({"j":true})", true, true},
      {R"({"j":false})", false, false},
      {R"({"w":0,"j":true})", true, true},
  };
  int id = 0;
  for (const Durability durability : {Durability::kJournaled, Durability::kRelaxed}) {
    Restart({.durability = durability});
    for (const WaitCase& test : cases) {
      const bool waits = durability == Durability::kJournaled ? test.journaled_server_waits
                                                              : test.relaxed_server_waits;
      const CommandReply reply =
          Dispatch(R"({"insert":"c","documents":[{"_id":)" + std::to_string(id++) +
                   R"(}],"writeConcern":)" + test.concern + "}");
      EXPECT_EQ(reply.held_for != 0, waits) << test.concern;
      ASSERT_TRUE(reply.durability.has_value());
      EXPECT_EQ(*reply.durability, waits ? Durability::kJournaled : Durability::kRelaxed);
    }
  }
}

TEST_F(DispatchTest, HoldsNothingThatDidNotWrite) {
  Must(R"({"insert":"c","documents":[{"_id":1}]})");
  for (const char* command :
       {R"({"find":"c"})", R"({"delete":"c","deletes":[{"q":{"_id":7},"limit":1}]})",
        R"({"drop":"nothing"})"}) {
    const CommandReply reply = Dispatch(command);
    EXPECT_EQ(reply.held_for, 0u) << command;
    EXPECT_FALSE(reply.durability.has_value()) << command;
  }
}

TEST_F(DispatchTest, IntroducesItself) {
  const CommandReply hello = Dispatch(R"({"hello":1,"helloOk":true,"client":{"driver":{}}})");
  EXPECT_TRUE(hello.body["helloOk"].AsBool());
  EXPECT_TRUE(hello.body["isWritablePrimary"].AsBool());
  EXPECT_EQ(hello.body["maxBsonObjectSize"].AsInt32(), 16777216);
  EXPECT_EQ(hello.body["maxWriteBatchSize"].AsInt32(), 100000);
  EXPECT_TRUE(Dispatch(R"({"isMaster":1})").body["ismaster"].AsBool());
  EXPECT_EQ(Dispatch(R"({"buildInfo":1})").body["versionArray"].AsView()["0"].AsInt32(), 8);
  EXPECT_EQ(CodeOf(R"({"buildInfo":1})", "admin"), 0);
}

}  // namespace
}  // namespace cairn::server
