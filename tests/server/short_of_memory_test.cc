// SPDX-License-Identifier: Apache-2.0
// Commands where there is little memory.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "cairn/turns.h"
#include "cairn/work_memory.h"
#include "tests/server/command_fixture.h"

namespace cairn::server {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

class ShortOfMemoryTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    WorkMemory::SetBytesMax((size_t{8} << 20) + 4);  // No whole number of steps.
  }
  void TearDown() override {
    CommandTest::TearDown();
    EXPECT_EQ(WorkMemory::bytes(), 0u);
    WorkMemory::SetBytesMax(WorkMemory::kDefaultBytesMax);
  }
  void Insert(int id, size_t bytes) {
    Must(R"({"insert":"c","documents":[{"_id":)" + std::to_string(id) + R"(,"a":)" +
         std::to_string(-id) + R"(,"s":")" + std::string(bytes, 'x') + R"("}]})");
  }
};

TEST_F(ShortOfMemoryTest, ADocumentThatTakesAllIsRead) {
  Turns turns({.at_once = 1, .waiting_max = 10});
  Restart({.turns = &turns});
  Insert(1, size_t{3} << 20);
  Must(R"({"find":"c","filter":{"_id":1}})");
  Restart({});
}

TEST_F(ShortOfMemoryTest, ACursorDoesNotWaitForWhatItHoldsItself) {
  Turns turns({.at_once = 1, .waiting_max = 10});
  Restart({.turns = &turns});
  for (int i = 0; i < 3; ++i) Insert(i, size_t{5} << 18);
  const CommandReply sorted = Dispatch(R"({"find":"c","sort":{"a":1},"batchSize":0})");
  ASSERT_EQ(sorted.code, ErrorCode::kOk);
  const std::string id = std::to_string(sorted.body["cursor"].AsView()["id"].AsInt64());
  for (int i = 0; i <= 3; ++i) {  // The last one finds the end.
    Must(R"({"getMore":{"$numberLong":")" + id + R"("},"collection":"c","batchSize":1})");
  }
  Must(R"({"find":"c","sort":{"a":1}})");
  Restart({});
}

TEST_F(ShortOfMemoryTest, ACursorThatLosesADocumentEnds) {
  Insert(0, 10);
  Insert(1, size_t{100} << 10);
  Insert(2, size_t{2} << 20);
  Insert(3, 10);
  const CommandReply found = Dispatch(R"({"find":"c","sort":{"_id":1},"batchSize":1})");
  const std::string id = std::to_string(found.body["cursor"].AsView()["id"].AsInt64());
  const std::string more = R"({"getMore":{"$numberLong":")" + id + R"("},"collection":"c"})";
  MemoryShare others(MemoryShare::Use::kPassing);
  ASSERT_TRUE(others.Cover(size_t{6} << 20));
  EXPECT_EQ(Dispatch(more).code, ErrorCode::kTemporarilyUnavailable);
  others.Release();
  EXPECT_EQ(Dispatch(more).code, ErrorCode::kCursorNotFound);
}

TEST_F(ShortOfMemoryTest, OnlyWhatOthersHoldIsWorthAnotherTry) {
  Insert(1, size_t{1} << 20);
  const auto joined = [this](int times) {
    std::string parts;
    for (int i = 0; i < times; ++i) parts += i == 0 ? R"("$s")" : R"(,"$s")";
    return Dispatch(
               R"({"aggregate":"c","pipeline":[{"$project":{"n":{"$strLenBytes":{"$concat":[)" +
               parts + R"(]}}}}],"cursor":{}})")
        .code;
  };
  EXPECT_EQ(joined(3), ErrorCode::kOk);
  EXPECT_EQ(joined(5), ErrorCode::kExceededMemoryLimit) << "twice five of eight";
  MemoryShare others(MemoryShare::Use::kPassing);
  ASSERT_TRUE(others.Cover(size_t{4} << 20));
  EXPECT_EQ(joined(3), ErrorCode::kTemporarilyUnavailable);
  EXPECT_EQ(joined(5), ErrorCode::kExceededMemoryLimit);
}

TEST_F(ShortOfMemoryTest, WhatNamesItsDocumentsIsBegun) {
  Must(R"({"insert":"c","documents":[{"_id":1},{"_id":2}]})");
  Turns turns({.at_once = 1, .waiting_max = 10, .memory_bytes = 1});
  Restart({.turns = &turns});
  std::atomic<bool> over{false};
  std::thread other([&] {
    const bson::Document command = *json::Parse(R"({"count":"c"})");
    OperationInfo info;
    info.command = command;
    info.turns = &turns;
    const Operation operation(database_.get(), info);
    EXPECT_TRUE(operation.AwaitRoom().ok());
    over.wait(false);
  });
  while (turns.long_ones() == 0) std::this_thread::yield();
  const CodeCase cases[] = {
      {R"({"find":"c","filter":{"_id":1},"maxTimeMS":300})", 0},
      {R"({"find":"c","filter":{"_id":{"$eq":1}},"maxTimeMS":300})", 0},
      {R"({"find":"c","filter":{"_id":{"$gt":1}},"maxTimeMS":300})", 50},
      {R"({"find":"c","filter":{"a":1},"maxTimeMS":300})", 50},
      {R"({"findAndModify":"c","query":{"_id":1},"update":{"$set":{"a":1}},"maxTimeMS":300})", 0},
      {R"({"findAndModify":"c","query":{"a":1},"update":{"$set":{"a":1}},"maxTimeMS":300})", 50},
      {R"({"update":"c","updates":[{"q":{"_id":1},"u":{"$set":{"a":1}}}],"maxTimeMS":300})", 0},
      {R"({"update":"c","updates":[{"q":{"_id":1},"u":{"$set":{"a":1}}},
                                   {"q":{},"u":{"$set":{"a":1}}}],"maxTimeMS":300})",
       50},
      {R"({"delete":"c","deletes":[{"q":{"_id":2},"limit":1}],"maxTimeMS":300})", 0},
      {R"({"delete":"c","deletes":[{"q":{},"limit":0}],"maxTimeMS":300})", 50},
      {R"({"update":"c","updates":1,"maxTimeMS":300})", 50},
  };
  for (const CodeCase& test : cases) EXPECT_EQ(CodeOf(test.command), test.code) << test.command;
  over.store(true);
  over.notify_all();
  other.join();
  Restart({});
}

TEST_F(ShortOfMemoryTest, WhoWaitsForDocumentsHoldsUpNobody) {
  Must(R"({"create":"capped","capped":true,"size":4096})");
  Must(R"({"insert":"capped","documents":[{"_id":1}]})");
  // The process holds more than that all the time, so that one is let in after the other.
  Turns turns({.at_once = 1, .waiting_max = 10, .memory_bytes = 1});
  Restart({.turns = &turns});
  const CommandReply tail =
      Dispatch(R"({"find":"capped","tailable":true,"awaitData":true,"batchSize":1})");
  ASSERT_EQ(tail.code, ErrorCode::kOk);
  const std::string id = std::to_string(tail.body["cursor"].AsView()["id"].AsInt64());
  std::thread waiter([&] {
    const auto begin = Clock::now();
    Must(R"({"getMore":{"$numberLong":")" + id + R"("},"collection":"capped","maxTimeMS":5000})");
    EXPECT_GT(Clock::now() - begin, 4s);
  });
  std::this_thread::sleep_for(500ms);
  const auto begin = Clock::now();
  Must(R"({"count":"capped"})");
  EXPECT_LT(Clock::now() - begin, 3s);
  waiter.join();
  Restart({});
}

}  // namespace
}  // namespace cairn::server
