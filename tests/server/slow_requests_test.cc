// SPDX-License-Identifier: Apache-2.0
// Many requests that take long at once: those that are short go on beside them, and who is one too
// many is told to come back.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cairn/cairn.h"
#include "server/cli/command_client.h"
#include "tests/server/program.h"
#include "tests/server/raw_client.h"

namespace cairn::server {
namespace {

using namespace std::chrono_literals;

// Beside what takes minutes: also under a sanitizer, on a machine that does other things, too.
constexpr std::chrono::seconds kSoon = 20s;

std::string Request(const std::string& method, const std::string& target, const std::string& body) {
  return method + " " + target +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string Get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
}

class SlowRequests : public testing::Test {
 protected:
  void Start(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {directory_ / "data"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    ASSERT_TRUE(server_.Start(all)) << server_.error();
    Run("d",
        R"({"update":"c","updates":[{"q":{"_id":1},"u":[{"$set":{"n":{"$range":[0,200000]}}}],"upsert":true}]})");
    Run("d", R"({"insert":"short","documents":[{"_id":"a","a":1},{"_id":"b","a":2}]})");
  }
  void TearDown() override {
    clients_.clear();
    EXPECT_EQ(server_.Stop(SIGTERM), 0);
  }
  void Run(const std::string& database, const std::string& command) {
    auto reply = CommandClient(server_.address()).Run(database, command);
    EXPECT_TRUE(reply.ok()) << reply.status().ToString();
  }
  // So many that take minutes, unless their clients go.
  void AskSlowly(int count, const RawClientOptions& options = {}) {
    AskSlowly(
        count,
        R"({"count":"c","query":{"$expr":{"$eq":[-1,{"$size":{"$filter":{"input":"$n","cond":{"$in":["x","$n"]}}}}]}}})",
        options);
  }
  void AskSlowly(int count, const std::string& command, const RawClientOptions& options = {}) {
    const std::string slow = Request("POST", "/v1/d/_command", command);
    for (int i = 0; i < count; ++i) {
      clients_.push_back(std::make_unique<RawClient>(server_.address().port, options));
      ASSERT_TRUE(clients_.back()->Send(slow));
    }
  }
  // What a newcomer waits for the reply.
  std::chrono::milliseconds Time(const std::string& request, int status) {
    const auto begin = std::chrono::steady_clock::now();
    RawClient client(server_.address().port, {.wait_s = static_cast<int>(2 * kSoon.count())});
    EXPECT_TRUE(client.Send(request));
    EXPECT_EQ(client.Read().status, status) << request;
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begin);
  }

  TemporaryDirectory directory_;
  RunningServer server_;
  std::vector<std::unique_ptr<RawClient>> clients_;
};

TEST_F(SlowRequests, HoldUpNothingShort) {
  Start({"--workers", "2"});
  AskSlowly(60);
  std::this_thread::sleep_for(500ms);
  for (int i = 0; i < 5; ++i) {
    // Any of the slow ones takes minutes.
    EXPECT_LT(Time(Get("/healthz"), 200), kSoon);
    EXPECT_LT(Time(Get("/v1/d/short/a"), 200), kSoon);
    EXPECT_LT(Time(Request("POST", "/v1/d/short/_find", R"({"filter":{"a":2}})"), 200), kSoon);
    EXPECT_LT(Time(Request("POST", "/v1/d/short", R"({"a":3})"), 201), kSoon);
    EXPECT_LT(Time(Request("PATCH", "/v1/d/short/a", R"({"$inc":{"a":1}})"), 200), kSoon);
    EXPECT_LT(Time(Request("POST", "/v1/admin/_command", R"({"currentOp":1})"), 200), kSoon);
  }
}

TEST_F(SlowRequests, HoldUpNothingShortInTheMiddleOfAWrite) {
  Start({"--workers", "2"});
  for (int id = 2; id < 8; ++id) {
    const std::string update = R"({"update":"c","updates":[{"q":{"_id":)" + std::to_string(id) +
                               R"(},"u":[{"$set":{"n":{"$range":[0,200000]}}}],"upsert":true}]})";
    Run("d", update);
    AskSlowly(
        1, R"({"update":"c","updates":[{"q":{"_id":)" + std::to_string(id) +
               R"(},"u":[{"$set":{"m":{"$filter":{"input":"$n","cond":{"$in":["x","$n"]}}}}}]}]})");
  }
  std::this_thread::sleep_for(500ms);
  for (int i = 0; i < 5; ++i) {
    EXPECT_LT(Time(Get("/v1/d/short/a"), 200), kSoon);
    EXPECT_LT(Time(Request("PATCH", "/v1/d/short/a", R"({"$inc":{"a":1}})"), 200), kSoon);
  }
}

TEST_F(SlowRequests, AreRefusedWhenTheyAreTooMany) {
  Start({"--workers", "2", "--memory-mb", "128"});
  AskSlowly(100, {.wait_s = 5});
  std::mutex mutex;
  RawReply refused;
  int answered = 0;
  std::vector<std::thread> readers;
  for (const auto& client : clients_) {
    readers.emplace_back([&] {
      RawReply reply = client->Read();
      const std::scoped_lock lock(mutex);
      if (reply.status == 0) return;  // It still works, or waits for its turn.
      EXPECT_EQ(reply.status, 503);
      refused = std::move(reply);
      ++answered;
    });
  }
  for (std::thread& reader : readers) reader.join();
  // Two have a place, 51 may wait.
  EXPECT_GT(answered, 40);
  EXPECT_LT(answered, 60);
  EXPECT_EQ(refused.Header("Retry-After"), "1");
  EXPECT_NE(refused.body.find("\"TemporarilyUnavailable\""), std::string::npos) << refused.body;
  EXPECT_LT(Time(Get("/v1/d/short/a"), 200), kSoon);
}

}  // namespace
}  // namespace cairn::server
