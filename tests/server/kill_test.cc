// SPDX-License-Identifier: Apache-2.0
// kill -9 in the middle of inserts: what was acknowledged is there, and nothing that was not sent
// is.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <random>
#include <set>
#include <thread>

#include "cairn/cairn.h"
#include "server/cli/command_client.h"
#include "tests/server/program.h"

namespace cairn::server {
namespace {

constexpr int kRounds = 20;
constexpr int kClients = 8;

// The ids that one client sent in a round. Ids are client * 10^9 + a number that grows over rounds.
struct Sent {
  std::vector<int64_t> acknowledged;
  std::vector<int64_t> unknown;  // the connection broke before the reply
};

void InsertUntilKilled(const Address& address, int64_t first_id, Sent* sent) {
  CommandClient client(address);
  for (int64_t id = first_id;; ++id) {
    const auto reply = client.Run("test", R"({"insert":"c","documents":[{"_id":{"$numberLong":")" +
                                              std::to_string(id) + R"("},"text":"some text","k":)" +
                                              std::to_string(id % 100) + "}]}");
    if (!reply.ok()) {
      sent->unknown.push_back(id);
      return;
    }
    if ((*reply)["n"].AsInt32() != 1) {
      ADD_FAILURE() << json::ToJson(*reply);
      return;
    }
    sent->acknowledged.push_back(id);
  }
}

class KillTest : public testing::Test {
 protected:
  // All ids in the collection, by a scan.
  std::set<int64_t> StoredIds() {
    std::set<int64_t> ids;
    const Finished exported = RunCairn({"export", "--db", "test", "--collection", "c", "--url",
                                        server_.url(), "--out", directory_ / "out"});
    EXPECT_EQ(exported.code, 0) << exported.err;
    std::FILE* file = std::fopen((directory_ / "out").c_str(), "rb");
    if (file == nullptr) return ids;
    long long id = 0;
    while (std::fscanf(file, "{\"_id\":{\"$numberLong\":\"%lld\"%*[^\n]\n", &id) == 1)
      ids.insert(id);
    std::fclose(file);
    return ids;
  }

  void CheckWhatIsStored() {
    const std::set<int64_t> stored = StoredIds();
    size_t lost = 0;
    for (const int64_t id : acknowledged_) lost += stored.contains(id) ? 0 : 1;
    EXPECT_EQ(lost, 0u) << "acknowledged documents are gone";
    size_t invented = 0;
    for (const int64_t id : stored) {
      invented += acknowledged_.contains(id) || unknown_.contains(id) ? 0 : 1;
    }
    EXPECT_EQ(invented, 0u) << "documents that were never sent";

    CommandClient client(server_.address());
    const auto count = client.Run("test", R"({"count":"c"})");
    ASSERT_TRUE(count.ok()) << count.status().ToString();
    EXPECT_EQ((*count)["n"].AsInt32(), static_cast<int>(stored.size()));
    const auto valid = client.Run("test", R"({"validate":"c","full":true})");
    ASSERT_TRUE(valid.ok()) << valid.status().ToString();
    EXPECT_TRUE((*valid)["valid"].AsBool()) << json::ToJson(*valid);
    EXPECT_EQ((*valid)["nrecords"].AsInt32(), static_cast<int>(stored.size()));
    EXPECT_EQ((*valid)["keysPerIndex"].AsView()["k_1"].AsInt32(), static_cast<int>(stored.size()));
    // What is there now stays: the next rounds must not lose it either.
    acknowledged_ = stored;
    unknown_.clear();
  }

  TemporaryDirectory directory_;
  RunningServer server_;
  std::set<int64_t> acknowledged_;
  std::set<int64_t> unknown_;
};

TEST_F(KillTest, AcknowledgedInsertsSurvive) {
  const unsigned seed = std::random_device()();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  ASSERT_TRUE(server_.Start({directory_ / "data"})) << server_.error();
  {
    CommandClient client(server_.address());
    const auto indexed =
        client.Run("test", R"({"createIndexes":"c","indexes":[{"key":{"k":1},"name":"k_1"}]})");
    ASSERT_TRUE(indexed.ok()) << indexed.status().ToString();
  }
  size_t total = 0;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::vector<Sent> sent(kClients);
    std::vector<std::thread> clients;
    for (int i = 0; i < kClients; ++i) {
      const int64_t first_id = (i + 1) * int64_t{1'000'000'000} + round * int64_t{1'000'000};
      clients.emplace_back(InsertUntilKilled, server_.address(), first_id, &sent[i]);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 700));
    EXPECT_EQ(server_.Stop(SIGKILL), -SIGKILL);
    for (std::thread& client : clients) client.join();
    for (const Sent& one : sent) {
      acknowledged_.insert(one.acknowledged.begin(), one.acknowledged.end());
      unknown_.insert(one.unknown.begin(), one.unknown.end());
      total += one.acknowledged.size();
    }
    ASSERT_TRUE(server_.Start({directory_ / "data"})) << server_.error();
    CheckWhatIsStored();
    if (HasFailure()) return;
  }
  EXPECT_GT(total, 100u) << "too few inserts to prove anything";
  std::printf("%zu acknowledged inserts over %d kills\n", total, kRounds);
  EXPECT_EQ(server_.Stop(SIGTERM), 0);
}

}  // namespace
}  // namespace cairn::server
