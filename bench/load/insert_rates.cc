// SPDX-License-Identifier: Apache-2.0
// Inserts of one document a request: those that wait for the disk against raw RocksDB's, those that
// do not against a request of the same size that stores nothing.
#include <atomic>
#include <string>
#include <thread>

#include "bench/load/driver.h"
#include "bench/load/load.h"
#include "bench/rocksdb_baseline.h"
#include "bench/sample_documents.h"
#include "cairn/json.h"
#include "engine/key/encoding.h"

namespace cairn::bench {
namespace {

constexpr int kClients = 64;
constexpr int kBodies = 1000;
/// A log record of Cairn's for one insert is about this long.
constexpr size_t kLogRecordBytes = 48;

/// Sample documents, whose _id the server makes.
std::vector<std::string> Bodies() {
  std::vector<std::string> bodies;
  for (int id = 0; id < kBodies; ++id) {
    std::string json = json::ToJson(SampleDocument(id));
    const std::string number = "\"_id\":" + std::to_string(id) + ",";
    json.erase(json.find(number), number.size());
    bodies.push_back(std::move(json));
  }
  return bodies;
}

std::vector<std::string> Posts(const std::string& line, const std::string& before = "",
                               const std::string& after = "") {
  std::vector<std::string> requests;
  for (const std::string& body : Bodies()) {
    requests.push_back(
        MakeRequest(line, "Content-Type: application/json\r\n", before + body + after));
  }
  return requests;
}

double DurableRaw(Baseline* raw, std::atomic<int64_t>* id) {
  std::atomic<int64_t> acknowledged{0};
  const double start = Now();
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&] {
      const std::string record(kLogRecordBytes, 'r');
      while (Now() - start < kRoundSeconds) {
        const bson::Document document = SampleDocument((*id)++);
        const std::string value = '\0' + std::string(document.bytes());
        raw->PutDurable(key::DocumentKey(1, document["_id"]), value, record);
        ++acknowledged;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(acknowledged) / (Now() - start);
}

}  // namespace

void Insert(const Settings& settings) {
  Server server(settings);
  const auto rate = [&server](const std::vector<std::string>& requests, int status) {
    return Drive({.port = server.port(),
                  .connections = kClients,
                  .requests = requests,
                  .status = status},
                 kRoundSeconds)
        .rate();
  };
  Comparison durable{"durable insert, 64 connections", 1.0};
  {
    Baseline raw(settings.directory + "/raw");
    std::atomic<int64_t> id{0};
    const std::vector<std::string> posts = Posts("POST /v1/bench/durable");
    for (int round = 0; round < settings.rounds; ++round) {
      durable.cairn.push_back(rate(posts, 201));
      durable.raw.push_back(DurableRaw(&raw, &id));
    }
  }
  std::printf("%d rounds of %.0f s\n%-34s %12s %12s\n", settings.rounds, kRoundSeconds, "", "cairn",
              "raw RocksDB");
  durable.Print();

  Comparison relaxed{"insert, not synced, 64 connections", 0.4};
  const std::vector<std::string> posts = Posts("POST /v1/bench/relaxed?j=false");
  // A ping takes any document as its comment, and does nothing with it.
  const std::vector<std::string> pings =
      Posts("POST /v1/bench/_command", "{\"ping\":1,\"comment\":", "}");
  for (int round = 0; round < settings.rounds; ++round) {
    relaxed.cairn.push_back(rate(posts, 201));
    relaxed.raw.push_back(rate(pings, 200));
  }
  std::printf("%-34s %12s %12s\n", "", "insert", "ping");
  relaxed.Print();
}

}  // namespace cairn::bench
