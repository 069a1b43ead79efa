// SPDX-License-Identifier: Apache-2.0
// What is refused on the socket, as data: hostile.ejsonl, one case a line in Extended JSON, run
// against the real program, in the clear and in TLS.
//
//   {"name": …, "send": [part…], "expect": [status…], "open": true}
//   part := "text" | {"hex": "16 03"} | {"repeat": part or [part…], "times": n}
//         | {"drip": "text", "every_ms": n} | {"wait_ms": n} | {"half_close": true} | {"reset":
//         true}
//
// "expect" are the statuses of all replies; then the connection is closed, or takes a further
// request if it is "open". "absent": texts that no reply may hold. "connections": so many at once.
// "plain_only": not in TLS. In text, <post> is a request head for a document, and <smuggled> a
// whole request that must not reach a handler.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <fstream>
#include <mutex>
#include <thread>

#include "cairn/json.h"
#include "server/cli/command_client.h"
#include "tests/server/certificate.h"
#include "tests/server/program.h"
#include "tests/server/raw_client.h"
#include "tests/source_directory.h"

namespace cairn::server {
namespace {

constexpr size_t kCasesMin = 200;
constexpr int kThreads = 16;
constexpr size_t kGrowthBytesMax = size_t{64} << 20;
constexpr std::string_view kPost =
    "POST /v1/hostile/victim HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
constexpr std::string_view kSmuggled =
    "POST /v1/hostile/smuggled HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Content-Length: 2\r\n\r\n{}";

std::string Expanded(std::string text) {
  for (const auto& [mark, stands_for] :
       {std::pair("<post>", kPost), std::pair("<smuggled>", kSmuggled)}) {
    for (size_t at; (at = text.find(mark)) != std::string::npos;) {
      text.replace(at, std::string_view(mark).size(), stands_for);
    }
  }
  return text;
}

std::vector<bson::Document> LoadCases() {
  std::vector<bson::Document> cases;
  std::ifstream in(SourceDirectory() / "tests/server/hostile.ejsonl");
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    auto parsed = json::Parse(line);
    EXPECT_TRUE(parsed.ok()) << parsed.status().ToString() << " in " << line;
    if (parsed.ok()) cases.push_back(std::move(parsed).value());
  }
  return cases;
}

int IntOf(bson::Value value, int otherwise) {
  return value.type() == bson::Type::kInt32 ? value.AsInt32() : otherwise;
}

// The bytes of a part that is nothing but bytes.
std::string BytesOf(bson::Value part) {
  if (part.type() == bson::Type::kString) return Expanded(std::string(part.AsString()));
  std::string bytes;
  if (part.type() == bson::Type::kArray) {
    for (const bson::Element& one : part.AsView()) bytes += BytesOf(one.value);
    return bytes;
  }
  const bson::View form = part.AsView();
  if (form["hex"].type() == bson::Type::kString) {
    const std::string hex(form["hex"].AsString());
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
  } else if (!form["repeat"].missing()) {
    // By doubling: the server waits for the rest meanwhile, and sanitizers look at each append.
    bytes = BytesOf(form["repeat"]);
    const size_t size = bytes.size() * static_cast<size_t>(IntOf(form["times"], 0));
    bytes.reserve(size);
    while (bytes.size() < size) bytes.append(bytes, 0, size - bytes.size());
    bytes.resize(size);
  }
  return bytes;
}

// Whether the client is still there.
bool SendPart(bson::Value part, RawClient* client) {
  if (part.type() != bson::Type::kDocument) {
    client->Send(BytesOf(part));
    return true;
  }
  const bson::View form = part.AsView();
  const auto has = [form](const char* name) { return !form[name].missing(); };
  if (has("wait_ms")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(IntOf(form["wait_ms"], 0)));
  } else if (has("half_close")) {
    client->StopSending();
  } else if (has("reset")) {
    client->Reset();
    return false;
  } else if (has("drip")) {
    for (const char byte : Expanded(std::string(form["drip"].AsString()))) {
      if (!client->Send({&byte, 1})) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(IntOf(form["every_ms"], 0)));
    }
  } else {
    client->Send(BytesOf(part));
  }
  return true;
}

class HostileTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    signal(SIGPIPE, SIG_IGN);
    std::vector<std::string> arguments = {"--memory", "--memory-mb", "2048"};
    if (GetParam()) {
      WriteCertificate("hostile", directory_ / "certificate", directory_ / "key");
      arguments.insert(arguments.end(), {"--tls-certificate", directory_ / "certificate",
                                         "--tls-key", directory_ / "key"});
    }
    ASSERT_TRUE(server_.Start(arguments)) << server_.error();
  }

  RawClientOptions ClientOptions() const {
    RawClientOptions options;
    options.tls = GetParam();
    options.wait_s = 40;
    return options;
  }

  std::string Check(const bson::Document& test) {
    std::vector<std::unique_ptr<RawClient>> clients;
    bool there = true;
    for (int i = IntOf(test["connections"], 1); i > 0; --i) {
      clients.push_back(std::make_unique<RawClient>(server_.address().port, ClientOptions()));
      for (const bson::Element& part : test["send"].AsView()) {
        there = SendPart(part.value, clients.back().get());
      }
    }
    if (!there) return "";
    for (const auto& client : clients) {
      std::string wrong = CheckReplies(test, client.get());
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

  static std::string CheckReplies(const bson::Document& test, RawClient* client) {
    int number = 0;
    for (const bson::Element& status : test["expect"].AsView()) {
      const RawReply reply = client->Read();
      ++number;
      if (reply.status != status.value.AsInt32()) {
        return "reply " + std::to_string(number) + " has status " + std::to_string(reply.status) +
               " " + reply.head + reply.body;
      }
      if (test["absent"].type() != bson::Type::kArray) continue;
      for (const bson::Element& absent : test["absent"].AsView()) {
        if ((reply.head + reply.body).find(absent.value.AsString()) != std::string::npos) {
          return "found in the reply: " + std::string(absent.value.AsString());
        }
      }
    }
    if (test["open"].type() != bson::Type::kBool) {
      const RawReply further = client->Read();
      if (further.status != 0) return "one reply too many, " + std::to_string(further.status);
      return client->Closed() ? "" : "the connection is not closed";
    }
    client->Send(MakeRequest("GET", "/healthz"));
    return client->Read().status == 200 ? "" : "the connection takes no further request";
  }

  // By name in /proc/PID/status, in bytes.
  size_t Memory(const std::string& name) const {
    std::ifstream in("/proc/" + std::to_string(server_.pid()) + "/status");
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with(name + ":")) return std::stoul(line.substr(name.size() + 1)) << 10;
    }
    return 0;
  }

  int CountSmuggled() {
    ServerUrl url = ParseUrl(server_.url()).value();
    url.verify = false;
    CommandClient client(url);
    const auto count = client.Run("hostile", R"({"count":"smuggled"})");
    return count.ok() ? IntOf((*count)["n"], -1) : -1;
  }

  const TemporaryDirectory directory_;
  RunningServer server_;
};

TEST_P(HostileTest, IsAnsweredRightlyAndSmugglesNothing) {
  const std::vector<bson::Document> cases = LoadCases();
  ASSERT_GE(cases.size(), kCasesMin);
  const size_t before = Memory("VmRSS");
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (size_t at; (at = next.fetch_add(1)) < cases.size();) {
        const bson::Document& test = cases[at];
        if (GetParam() && test["plain_only"].type() == bson::Type::kBool) continue;
        const std::string wrong = Check(test);
        const std::scoped_lock lock(mutex);
        EXPECT_EQ(wrong, "") << test["name"].AsString();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(CountSmuggled(), 0);
  const size_t after = Memory("VmRSS");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(after, before + kGrowthBytesMax);
#endif
  RecordProperty("growth_mib", std::to_string((after - std::min(after, before)) >> 20));
  RecordProperty("peak_mib", std::to_string(Memory("VmHWM") >> 20));
  // The same bytes as a request of their own are seen: so would be a smuggled one.
  RawClient client(server_.address().port, ClientOptions());
  client.Send(kSmuggled);
  EXPECT_EQ(client.Read().status, 201);
  EXPECT_EQ(CountSmuggled(), 1);
  EXPECT_EQ(server_.Stop(SIGTERM), 0) << server_.error();
}

INSTANTIATE_TEST_SUITE_P(Channels, HostileTest, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Tls" : "Plain"; });

}  // namespace
}  // namespace cairn::server
