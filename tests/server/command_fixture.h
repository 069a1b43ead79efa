// SPDX-License-Identifier: Apache-2.0
// A dispatcher over a database in memory, spoken to in Extended JSON. One thread.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "cairn/cairn.h"
#include "server/command/dispatch.h"

namespace cairn::server {

class CommandTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenOptions open;
    open.in_memory = true;
    auto opened = Database::Open("", open);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    database_ = std::move(opened).value();
    Restart({});
  }
  void TearDown() override { dispatcher_.reset(); }

  void Restart(const DispatcherOptions& options) {
    dispatcher_ = std::make_unique<Dispatcher>(database_.get(), options);
  }

  CommandReply Dispatch(std::string_view command, std::string_view database = "test") {
    auto body = json::Parse(command);
    EXPECT_TRUE(body.ok()) << command << ": " << body.status().ToString();
    if (!body.ok()) return {};
    return dispatcher_->Dispatch({std::string(database), std::move(body).value()}, {"127.0.0.1"});
  }
  /// The reply as canonical Extended JSON.
  std::string Run(std::string_view command, std::string_view database = "test") {
    return json::ToJson(Dispatch(command, database).body, json::Format::kCanonical);
  }
  /// The reply as relaxed Extended JSON: easier to read where types do not matter.
  std::string RunRelaxed(std::string_view command) { return json::ToJson(Dispatch(command).body); }
  int CodeOf(std::string_view command, std::string_view database = "test") {
    return static_cast<int>(Dispatch(command, database).code);
  }
  /// The code of the first write error; 0 without.
  int WriteErrorOf(std::string_view command) {
    const CommandReply reply = Dispatch(command);
    EXPECT_EQ(reply.code, ErrorCode::kOk) << json::ToJson(reply.body);
    const bson::Value errors = reply.body["writeErrors"];
    if (errors.type() != bson::Type::kArray) return 0;
    return errors.AsView()["0"].AsView()["code"].AsInt32();
  }
  /// Runs a command that must do its work.
  void Must(std::string_view command) {
    const CommandReply reply = Dispatch(command);
    EXPECT_EQ(reply.code, ErrorCode::kOk) << command << ": " << json::ToJson(reply.body);
    EXPECT_TRUE(reply.body["writeErrors"].missing()) << json::ToJson(reply.body);
  }
  /// Inserts {_id: 0} to {_id: count - 1} into "numbers".
  void InsertNumbers(int count) {
    std::string command = R"({"insert":"numbers","documents":[)";
    for (int i = 0; i < count; ++i) {
      command += (i > 0 ? R"(,{"_id":)" : R"({"_id":)") + std::to_string(i) + "}";
    }
    Must(command + "]}");
  }

  std::unique_ptr<Database> database_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

/// A command and the code that it must answer; 0 for ok.
struct CodeCase {
  const char* command;
  int code;
};

}  // namespace cairn::server
