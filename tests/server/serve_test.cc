// SPDX-License-Identifier: Apache-2.0
// The program as users start and stop it.
#include <gtest/gtest.h>
#include <signal.h>

#include "server/cli/command_client.h"
#include "tests/server/program.h"

namespace cairn::server {
namespace {

// A server that should not start, if it does, is ended after this.
constexpr std::chrono::seconds kRefusalTime(10);

TEST(Program, TellsItsVersion) {
  for (const char* how : {"--version", "version"}) {
    const Finished finished = RunCairn({how});
    EXPECT_EQ(finished.code, 0);
    EXPECT_TRUE(finished.out.starts_with("cairn ")) << finished.out;
  }
}

TEST(Program, Helps) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"serve", "--help"}, {"import", "--help"}}) {
    const Finished finished = RunCairn(arguments);
    EXPECT_EQ(finished.code, 0);
    EXPECT_FALSE(finished.out.empty());
  }
}

TEST(Program, RefusesWrongCommandLines) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{},
        {"nonsense"},
        {"serve", "--nonsense"},
        {"serve", "--http", "nowhere"},
        {"serve", "--durability", "maybe"},
        {"serve", "--memory-mb", "0"},
        {"serve", "--memory", "--http", "0.0.0.0:0"},
        {"import", "file"},
        {"import", "file", "--db", "d", "--collection", "c", "--url", "ftp://x:1"},
        {"export", "--db", "d", "--collection", "c", "--format", "odd"}}) {
    const Finished finished = RunCairn(arguments);
    EXPECT_EQ(finished.code, 2) << (arguments.empty() ? "" : arguments.back());
    EXPECT_FALSE(finished.err.empty());
    EXPECT_TRUE(finished.out.empty());
  }
}

TEST(Serve, StopsCleanlyOnSignals) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const TemporaryDirectory directory;
    RunningServer server;
    ASSERT_TRUE(server.Start({directory / "data"})) << server.error();
    CommandClient client(server.address());
    EXPECT_TRUE(client.Run("test", R"({"ping":1})").ok());
    EXPECT_EQ(server.Stop(signal), 0) << server.error();
  }
}

TEST(Serve, KeepsWhatWasWritten) {
  const TemporaryDirectory directory;
  RunningServer server;
  ASSERT_TRUE(server.Start({directory / "data"})) << server.error();
  {
    CommandClient client(server.address());
    ASSERT_TRUE(client.Run("test", R"({"insert":"c","documents":[{"_id":7}]})").ok());
  }
  EXPECT_EQ(server.Stop(SIGTERM), 0);
  ASSERT_TRUE(server.Start({directory / "data"})) << server.error();
  CommandClient client(server.address());
  const auto count = client.Run("test", R"({"count":"c","query":{"_id":7}})");
  ASSERT_TRUE(count.ok()) << count.status().ToString();
  EXPECT_EQ((*count)["n"].AsInt32(), 1);
}

TEST(Serve, RefusesADirectoryInUse) {
  const TemporaryDirectory directory;
  RunningServer server;
  ASSERT_TRUE(server.Start({directory / "data"})) << server.error();
  const Finished second =
      RunCairn({"serve", directory / "data", "--http", "127.0.0.1:0"}, "", {}, kRefusalTime);
  EXPECT_EQ(second.code, 1);
  EXPECT_TRUE(second.out.empty()) << second.out;
  EXPECT_NE(second.err.find("StoreLocked"), std::string::npos) << second.err;
}

TEST(Serve, RefusesAPortInUse) {
  RunningServer server;
  ASSERT_TRUE(server.Start({"--memory"})) << server.error();
  const Finished second = RunCairn(
      {"serve", "--memory", "--http", "127.0.0.1:" + std::to_string(server.address().port)}, "", {},
      kRefusalTime);
  EXPECT_EQ(second.code, 1);
  EXPECT_TRUE(second.out.empty()) << second.out;
}

TEST(Serve, ForgetsWhatIsInMemory) {
  for (int round = 0; round < 2; ++round) {
    RunningServer server;
    ASSERT_TRUE(server.Start({"--memory"})) << server.error();
    CommandClient client(server.address());
    const auto inserted = client.Run("test", R"({"insert":"c","documents":[{"_id":7}]})");
    ASSERT_TRUE(inserted.ok()) << inserted.status().ToString();
    EXPECT_EQ((*inserted)["n"].AsInt32(), 1);
    EXPECT_EQ(server.Stop(SIGTERM), 0);
  }
}

TEST(Serve, ListensElsewhereOnlyWhenTold) {
  RunningServer server;
  ASSERT_TRUE(server.Start({"--memory", "--insecure"}, {"CAIRN_HTTP=0.0.0.0:0"})) << server.error();
  EXPECT_NE(server.error().find("--insecure"), std::string::npos) << server.error();
}

TEST(Serve, TakesFlagsBeforeTheEnvironment) {
  RunningServer server;
  ASSERT_TRUE(server.Start({"--memory", "--durability", "journaled"}, {"CAIRN_DURABILITY=maybe"}))
      << server.error();
  EXPECT_EQ(RunCairn({"serve", "--memory"}, "", {"CAIRN_DURABILITY=maybe"}).code, 2);
}

}  // namespace
}  // namespace cairn::server
