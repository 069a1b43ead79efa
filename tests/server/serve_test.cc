// SPDX-License-Identifier: Apache-2.0
// The program as users start and stop it.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>

#include "server/cli/command_client.h"
#include "tests/server/program.h"
#include "tests/server/raw_client.h"

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

// Whoever reads fast has all of it in time; the others must not take what they have for the whole.
TEST(Serve, StreamsEndWholeOrInAResetOnSigterm) {
  constexpr int kDocuments = 16'000;
  RunningServer server;
  ASSERT_TRUE(server.Start({"--memory"})) << server.error();
  std::string lines;
  for (int i = 0; i < kDocuments; ++i) {
    lines += "{\"_id\":" + std::to_string(i) + ",\"text\":\"" + std::string(500, 'x') + "\"}\n";
  }
  const int port = server.address().port;
  RawClient writer(port);
  ASSERT_TRUE(
      writer.Send(MakeRequest("POST", "/v1/d/c", lines,
                              "Content-Type: application/x-ndjson\r\nPrefer: return=minimal\r\n")));
  ASSERT_EQ(writer.Read().status, 201);
  const std::string request = MakeRequest("GET", "/v1/d/c", "", "Accept: application/x-ndjson\r\n");
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(std::make_unique<RawClient>(port, RawClientOptions{.receive_bytes = 4096}));
    ASSERT_TRUE(slow.back()->Send(request));
    ASSERT_EQ(slow.back()->Take(1000), 1000u);
  }
  RawClient fast(port);
  ASSERT_TRUE(fast.Send(request));
  ASSERT_TRUE(fast.HasBegun());
  ASSERT_EQ(kill(server.pid(), SIGTERM), 0);
  const auto begin = std::chrono::steady_clock::now();
  const std::string body = fast.Read().body;
  EXPECT_EQ(std::count(body.begin(), body.end(), '\n'), kDocuments);
  EXPECT_EQ(server.Stop(SIGTERM), 0) << server.error();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
  for (const auto& client : slow) EXPECT_TRUE(client->EndsInReset());
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
