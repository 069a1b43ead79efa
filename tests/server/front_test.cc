// SPDX-License-Identifier: Apache-2.0
// The front over real sockets, with few workers and a service made for the test: who waits for
// whom, what an end looks like, and what is refused.
#include "server/net/front.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <thread>
#include <vector>

#include "tests/server/raw_client.h"

namespace cairn::server {
namespace {

std::string Plain(std::string_view body, bool keep_alive) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         (keep_alive ? "" : "Connection: close\r\n") + "\r\n" + std::string(body);
}

// So many chunks, then the end or an error.
class Chunks final : public Source {
 public:
  Chunks(int chunks, bool fails) : left_(chunks), fails_(fails) {}
  Result<bool> Next(std::string* chunk) override {
    if (left_ == 0 && fails_) return Status(ErrorCode::kInternalError, "broken");
    if (left_ == 0) return false;
    chunk->append(size_t{64} << 10, 'x');
    --left_;
    return true;
  }

 private:
  int left_;
  bool fails_;
};

class TestService final : public Service {
 public:
  void Serve(Incoming incoming, Completion done) override {
    const std::string& target = incoming.head.target;
    if (target == "/held") {
      const std::scoped_lock lock(mutex_);
      held_.push_back(std::move(done));
    } else if (target == "/stream" || target == "/broken") {
      done({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            std::make_unique<Chunks>(target == "/stream" ? 1000 : 2, target == "/broken")});
    } else {
      done({Plain(target + " " + incoming.body, incoming.keep_alive), nullptr});
    }
  }
  std::string Refuse(const FramingError& error, const std::string&) override {
    return "HTTP/1.1 " + std::to_string(error.status) + " " + error.reason +
           "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  }
  size_t held() {
    const std::scoped_lock lock(mutex_);
    return held_.size();
  }
  void Release() {
    const std::scoped_lock lock(mutex_);
    for (const Completion& done : held_) done({Plain("held", true), nullptr});
    held_.clear();
  }

 private:
  std::mutex mutex_;
  std::deque<Completion> held_;
};

class FrontTest : public testing::Test {
 protected:
  void Start(const FrontOptions& options) {
    front_ = std::make_unique<Front>(options, &service_);
    const Result<int> port = front_->Listen();
    ASSERT_TRUE(port.ok()) << port.status().ToString();
    port_ = *port;
    thread_ = std::thread([this] { front_->Run(); });
  }
  static FrontOptions TwoWorkers() {
    FrontOptions options;
    options.workers = 2;
    return options;
  }
  void TearDown() override {
    service_.Release();
    if (front_ == nullptr) return;
    front_->Stop();
    thread_.join();
  }
  // A request of a newcomer; it must not wait for the others, who would take ten seconds.
  void ExpectServed() {
    RawClient client(port_);
    const auto begin = std::chrono::steady_clock::now();
    client.Send(MakeRequest("GET", "/now"));
    EXPECT_EQ(client.Read().status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  }
  std::vector<std::unique_ptr<RawClient>> Clients(int count, std::string_view bytes) {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<RawClient>(port_));
      EXPECT_TRUE(clients.back()->Send(bytes));
    }
    return clients;
  }

  TestService service_;
  std::unique_ptr<Front> front_;
  std::thread thread_;
  int port_ = 0;
};

TEST_F(FrontTest, SilentAndSlowClientsHoldNobodyUp) {
  Start(TwoWorkers());
  const auto silent = Clients(300, "");
  const auto heads = Clients(100, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  const auto bodies = Clients(100, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345");
  ExpectServed();
  for (const auto& client : bodies) {
    EXPECT_TRUE(client->Send("67890"));
    EXPECT_EQ(client->Read().body, "/ 1234567890");
  }
}

TEST_F(FrontTest, AClientThatDoesNotReadHoldsNobodyUp) {
  Start(TwoWorkers());
  const auto readers = Clients(20, MakeRequest("GET", "/stream"));
  ExpectServed();
  const RawReply reply = readers[7]->Read();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body.size(), size_t{1000} * (size_t{64} << 10));
}

TEST_F(FrontTest, AHeldAnswerHoldsNobodyUp) {
  Start(TwoWorkers());
  const auto waiting = Clients(100, MakeRequest("GET", "/held"));
  while (service_.held() < 100) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ExpectServed();
  service_.Release();
  for (const auto& client : waiting) EXPECT_EQ(client->Read().body, "held");
}

TEST_F(FrontTest, PipelinedRequestsAreAnsweredInOrder) {
  Start(TwoWorkers());
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += MakeRequest("POST", "/" + std::to_string(i), "body");
  RawClient client(port_);
  ASSERT_TRUE(client.Send(requests));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(client.Read().body, "/" + std::to_string(i) + " body");
}

TEST_F(FrontTest, WhoHasStoppedSendingStillGetsTheAnswer) {
  Start(TwoWorkers());
  RawClient client(port_);
  ASSERT_TRUE(client.Send(MakeRequest("GET", "/held")));
  client.StopSending();
  while (service_.held() < 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  service_.Release();
  EXPECT_EQ(client.Read().body, "held");
}

TEST_F(FrontTest, TimeIsLimited) {
  FrontOptions options = TwoWorkers();
  options.limits.idle_ms = 200;
  options.limits.head_ms = 200;
  options.limits.body_stall_ms = 200;
  Start(options);
  RawClient silent(port_);
  RawClient head(port_);
  RawClient body(port_);
  head.Send("GET / HTTP/1.1\r\nHost: x\r\n");
  body.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1");
  EXPECT_EQ(head.Read().status, 408);
  EXPECT_EQ(body.Read().status, 408);
  EXPECT_TRUE(silent.Closed());
}

TEST_F(FrontTest, ConnectionsAndUploadsAreLimited) {
  FrontOptions options = TwoWorkers();
  options.connections_max = 3;
  options.limits.body_bytes_max = 1000;
  options.limits.bodies_bytes_max = 1500;
  Start(options);
  RawClient large(port_);
  large.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(large.Read().status, 413);
  EXPECT_TRUE(large.Closed());
  RawClient first(port_);
  first.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(900, 'x'));
  RawClient second(port_);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  second.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(900, 'x'));
  EXPECT_EQ(second.Read().status, 503);
  RawClient third(port_);
  RawClient fourth(port_);
  RawClient fifth(port_);
  EXPECT_EQ(fifth.Read().status, 503);
}

TEST_F(FrontTest, ABrokenStreamIsNotTakenForWhole) {
  Start(TwoWorkers());
  RawClient client(port_);
  ASSERT_TRUE(client.Send(MakeRequest("GET", "/broken")));
  EXPECT_EQ(client.Read().status, 0);
}

TEST_F(FrontTest, StopLetsWhatIsUnderWayEnd) {
  Start(TwoWorkers());
  const auto idle = Clients(10, "");
  RawClient held(port_);
  ASSERT_TRUE(held.Send(MakeRequest("GET", "/held")));
  while (service_.held() < 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  front_->Stop();
  for (const auto& client : idle) EXPECT_TRUE(client->Closed());
  service_.Release();
  EXPECT_EQ(held.Read().body, "held");
  EXPECT_TRUE(held.Closed());
}

}  // namespace
}  // namespace cairn::server
