// SPDX-License-Identifier: Apache-2.0
// Clients that close their connection while the server works for them: what they asked for ends
// soon, unless they mean to come back for it.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <thread>

#include "cairn/cairn.h"
#include "server/cli/command_client.h"
#include "tests/server/program.h"
#include "tests/server/raw_client.h"

namespace cairn::server {
namespace {

using namespace std::chrono_literals;

// Takes minutes with the document of the test.
constexpr char kSlow[] =
    R"({"$expr":{"$eq":[-1,{"$size":{"$filter":{"input":"$n","cond":{"$in":["x","$n"]}}}}]}})";

class HangUp : public testing::Test {
 protected:
  HangUp() {
    EXPECT_TRUE(server_.Start({directory_ / "data"})) << server_.error();
    Run("d",
        R"({"update":"c","updates":[{"q":{"_id":1},"u":[{"$set":{"n":{"$range":[0,200000]}}}],"upsert":true}]})");
  }
  ~HangUp() override { EXPECT_EQ(server_.Stop(SIGTERM), 0); }

  bson::Document Run(const std::string& database, const std::string& command) {
    auto reply = CommandClient(server_.address()).Run(database, command);
    EXPECT_TRUE(reply.ok()) << reply.status().ToString();
    return reply.ok() ? std::move(reply).value() : bson::Document();
  }

  // The id of the operation with this name; 0: none runs.
  int Running(const std::string& name) {
    const bson::Document reply = Run("admin", R"({"currentOp":1})");
    for (const bson::Element& operation : reply["inprog"].AsView()) {
      const bson::View shown = operation.value.AsView();
      if (shown["command"].AsView().begin()->name == name) return shown["opid"].AsInt32();
    }
    return 0;
  }
  // Waits until the operation runs, or no longer does.
  bool Await(const std::string& name, bool runs, std::chrono::milliseconds time) {
    for (const auto until = std::chrono::steady_clock::now() + time;;) {
      if ((Running(name) != 0) == runs) return true;
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(20ms);
    }
  }
  static std::string Post(const std::string& command, const std::string& headers = "") {
    return "POST /v1/d/_command HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" +
           headers + "Content-Length: " + std::to_string(command.size()) + "\r\n\r\n" + command;
  }

  TemporaryDirectory directory_;
  RunningServer server_;
};

TEST_F(HangUp, StopsWhatWasAskedFor) {
  const std::string slow = kSlow;
  const std::pair<std::string, std::string> commands[] = {
      {"find", R"({"find":"c","filter":)" + slow + "}"},
      {"aggregate", R"({"aggregate":"c","pipeline":[{"$match":)" + slow + R"(}],"cursor":{}})"},
      {"count", R"({"count":"c","query":)" + slow + "}"},
      {"distinct", R"({"distinct":"c","key":"_id","query":)" + slow + "}"},
      {"update", R"({"update":"c","updates":[{"q":)" + slow + R"(,"u":{"$set":{"x":1}}}]})"},
      {"delete", R"({"delete":"c","deletes":[{"q":)" + slow + R"(,"limit":1}]})"},
      {"findAndModify", R"({"findAndModify":"c","remove":true,"query":)" + slow + "}"}};
  for (const auto& [name, command] : commands) {
    {
      RawClient client(server_.address().port);
      ASSERT_TRUE(client.Send(Post(command)));
      ASSERT_TRUE(Await(name, true, 10s)) << name;
    }
    // A second, on a machine that has other work.
    EXPECT_TRUE(Await(name, false, 3s)) << name;
  }
}

TEST_F(HangUp, KeepsWhatItsClientWillComeBackFor) {
  {
    RawClient client(server_.address().port);
    ASSERT_TRUE(client.Send(
        Post(R"({"count":"c","query":)" + std::string(kSlow) + "}", "Idempotency-Key: again\r\n")));
    ASSERT_TRUE(Await("count", true, 10s));
  }
  std::this_thread::sleep_for(1s);
  const int id = Running("count");
  EXPECT_NE(id, 0);
  Run("admin", R"({"killOp":1,"op":)" + std::to_string(id) + "}");
  EXPECT_TRUE(Await("count", false, 3s));
}

}  // namespace
}  // namespace cairn::server
