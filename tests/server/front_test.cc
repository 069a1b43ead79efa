// SPDX-License-Identifier: Apache-2.0
// The front over real sockets: who waits for whom, what an end looks like, and what is refused.
#include <unistd.h>

#include <cstdio>

#include "cairn/work_memory.h"
#include "server/net/tls.h"
#include "tests/server/certificate.h"
#include "tests/server/front_fixture.h"

namespace cairn::server {
namespace {

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

// Sets the bound of work for a while.
class WorkMemoryOf {
 public:
  explicit WorkMemoryOf(size_t bytes) { WorkMemory::SetBytesMax(bytes); }
  ~WorkMemoryOf() { WorkMemory::SetBytesMax(WorkMemory::kDefaultBytesMax); }
};

TEST_F(FrontTest, ConnectionsAndUploadsAreLimited) {
  FrontOptions options = TwoWorkers();
  options.connections_max = 3;
  options.limits.body_bytes_max = 1'000'000;
  const WorkMemoryOf memory(size_t{3} << 20);
  Start(options);
  RawClient large(port_);
  large.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000001\r\n\r\n");
  EXPECT_EQ(large.Read().status, 413);
  EXPECT_TRUE(large.Closed());
  RawClient first(port_);
  first.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" +
             std::string(900'000, 'x'));
  RawClient second(port_);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  second.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" +
              std::string(900'000, 'x'));
  EXPECT_EQ(second.Read().status, 503);
  RawClient third(port_);
  RawClient fourth(port_);
  RawClient fifth(port_);
  EXPECT_EQ(fifth.Read().status, 503);
}

TEST_F(FrontTest, AnUploadMayBeLongerThanAnyBody) {
  FrontOptions options = TwoWorkers();
  options.limits.body_bytes_max = 1000;
  const WorkMemoryOf memory(1000);
  Start(options);
  constexpr size_t kBytes = size_t{5} << 20;
  RawClient whole(port_);
  whole.Send("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(kBytes) +
             "\r\n\r\n");
  whole.Send(Alphabet(0, kBytes));
  whole.Send(MakeRequest("GET", "/next"));
  EXPECT_EQ(whole.Read().body, std::to_string(kBytes));
  EXPECT_EQ(whole.Read().body, "/next ");
  RawClient chunked(port_);
  chunked.Send("POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (size_t at = 0; at < kBytes; at += 5000) {
    chunked.Send("1388\r\n" + Alphabet(at, 5000) + "\r\n");
  }
  chunked.Send("0\r\n\r\n" + MakeRequest("GET", "/next"));
  EXPECT_EQ(chunked.Read().body, std::to_string((kBytes + 4999) / 5000 * 5000));
  EXPECT_EQ(chunked.Read().body, "/next ");
}

TEST_F(FrontTest, WhatIsPutOffIsDoneOnceTheOthersHadTheirTurn) {
  Start(TwoWorkers());
  const auto clients = Clients(30, "");
  for (int round = 0; round < 1000 && service_.put_off() < 100; ++round) {
    for (const auto& client : clients) client->Send(MakeRequest("GET", "/later"));
    for (const auto& client : clients) EXPECT_EQ(client->Read().status, 200);
  }
  EXPECT_GE(service_.put_off(), 100);
}

TEST_F(FrontTest, AnUploadEndsWhenItHasEnoughOrIsBroken) {
  FrontOptions options = TwoWorkers();
  options.limits.body_stall_ms = 200;
  Start(options);
  const std::string chunked = " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  RawClient enough(port_);
  enough.Send("POST /enough" + chunked + "2\r\nab\r\n");
  const RawReply reply = enough.Read();
  EXPECT_EQ(reply.body, "2");
  EXPECT_EQ(reply.Header("Connection"), "close");
  EXPECT_TRUE(enough.Closed());
  RawClient broken(port_);
  broken.Send("POST /count" + chunked + "2\r\nab\r\nzz\r\n");
  EXPECT_EQ(broken.Read().status, 400);
  RawClient stalled(port_);
  stalled.Send("POST /count" + chunked + "2\r\nab\r\n");
  EXPECT_EQ(stalled.Read().status, 408);
  {
    RawClient gone(port_);
    gone.Send("POST /count" + chunked + "2\r\nab\r\n");
  }
  while (service_.sinks() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_F(FrontTest, AnUploadWithoutEndHoldsNobodyUp) {
  Start(TwoWorkers());
  std::atomic<bool> over{false};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([this, &over] {
      RawClient client(port_);
      client.Send("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
      const std::string piece = Alphabet(0, 26 * 5000);
      while (!over.load() && client.Send(piece)) {
      }
    });
  }
  ExpectServed();
  over.store(true);
  for (std::thread& client : clients) client.join();
}

TEST_F(FrontTest, ABodyThatTricklesEnds) {
  FrontOptions options = TwoWorkers();
  options.limits.body_stall_ms = 300;
  options.limits.body_rate_min = 1'000'000;
  Start(options);
  RawClient client(port_);
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  int sent = 0;
  while (sent < 1000 && client.Send("x")) {
    ++sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_LT(sent, 1000);
  EXPECT_EQ(client.Read().status, 408);
}

TEST_F(FrontTest, ABrokenStreamIsNotTakenForWhole) {
  Start(TwoWorkers());
  RawClient client(port_);
  ASSERT_TRUE(client.Send(MakeRequest("GET", "/broken")));
  EXPECT_EQ(client.Read().status, 0);
  RawClient old(port_);
  ASSERT_TRUE(old.Send("GET /broken HTTP/1.0\r\nHost: x\r\n\r\n"));
  EXPECT_TRUE(old.EndsInReset());
}

TEST_F(FrontTest, AnOldClientGetsAStreamWithoutChunks) {
  Start(TwoWorkers());
  RawClient client(port_);
  ASSERT_TRUE(client.Send("GET /stream HTTP/1.0\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(client.Read().Header("Transfer-Encoding"), "");
  EXPECT_FALSE(client.EndsInReset());
}

TEST_F(FrontTest, WhoTakesNothingIsReset) {
  FrontOptions options = TwoWorkers();
  options.limits.write_stall_ms = 300;
  Start(options);
  const auto readers = Clients(5, MakeRequest("GET", "/stream"));
  for (const auto& client : readers) EXPECT_TRUE(client->IsReset());
}

TEST_F(FrontTest, WhoTakesLittleIsNotReset) {
  FrontOptions options = TwoWorkers();
  options.limits.write_stall_ms = 1000;
  Start(options);
  RawClient reader(port_, {.receive_bytes = 4096});
  ASSERT_TRUE(reader.Send(MakeRequest("GET", "/stream")));
  // Much less than what makes the server's socket take more.
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(reader.Take(1024), 1024u);
    std::this_thread::sleep_for(std::chrono::milliseconds(75));
  }
}

TEST_F(FrontTest, LongRequestsOnAllProcessorsHoldNobodyUp) {
  const int processors = static_cast<int>(std::thread::hardware_concurrency());
  FrontOptions options;
  options.workers = processors + 4;
  Start(options);
  service_.SetBusy();
  const auto busy = Clients(processors + 2, MakeRequest("GET", "/busy"));
  for (int i = 0; i < 3; ++i) ExpectServed();
  service_.SetIdle();
  for (const auto& client : busy) EXPECT_EQ(client->Read().body, "busy");
}

TEST_F(FrontTest, WhatComesTogetherWithALongRequestDoesNotWaitForIt) {
  Start(FrontOptions());
  const auto clients = Clients(30, "");
  RawClient busy(port_);
  for (int round = 0; round < 20; ++round) {
    // Many quick ones, so that workers take several at a time.
    for (int i = 0; i < 10; ++i) {
      for (const auto& client : clients) client->Send(MakeRequest("GET", "/now"));
      for (const auto& client : clients) ASSERT_EQ(client->Read().status, 200);
    }
    service_.SetBusy();
    for (int i = 0; i < 30; ++i) {
      if (i == 10) busy.Send(MakeRequest("GET", "/busy"));
      clients[static_cast<size_t>(i)]->Send(MakeRequest("GET", "/now"));
    }
    for (const auto& client : clients) ASSERT_EQ(client->Read().status, 200);
    service_.SetIdle();
    ASSERT_EQ(busy.Read().body, "busy");
  }
}

TEST_F(FrontTest, WhoWaitsForAWorkerDoesNotTimeOut) {
  FrontOptions options = TwoWorkers();
  options.limits.idle_ms = options.limits.head_ms = 500;
  Start(options);
  const auto waiting = Clients(5, MakeRequest("GET", "/now"));
  for (const auto& client : waiting) EXPECT_EQ(client->Read().status, 200);
  service_.SetBusy();
  const auto busy = Clients(2, MakeRequest("GET", "/busy"));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  for (const auto& client : waiting) EXPECT_TRUE(client->Send(MakeRequest("GET", "/now")));
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  service_.SetIdle();
  for (const auto& client : waiting) EXPECT_EQ(client->Read().status, 200);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // An end would have come.
  for (const auto& client : waiting) {
    EXPECT_TRUE(client->Send(MakeRequest("GET", "/again")));
    EXPECT_EQ(client->Read().status, 200);
  }
}

TEST_F(FrontTest, WhileAllWorkersAreBusyConnectionsWaitInTheBacklog) {
  Start(TwoWorkers());
  service_.SetBusy();
  const auto busy = Clients(2, MakeRequest("GET", "/busy"));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto begin = std::chrono::steady_clock::now();
  const auto waiting = Clients(500, MakeRequest("GET", "/now"));
  // A connection that finds no place tries again after 1, 3, 7 … seconds.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  service_.SetIdle();
  for (const auto& client : waiting) EXPECT_EQ(client->Read().status, 200);
}

TEST_F(FrontTest, AFullHouseMakesRoomForOtherPeers) {
  FrontOptions options = TwoWorkers();
  options.connections_max = 4;
  Start(options);
  const auto many = Clients(4, MakeRequest("GET", "/now"));
  for (const auto& client : many) EXPECT_EQ(client->Read().status, 200);
  RawClient same(port_);
  EXPECT_EQ(same.Read().status, 503);
  RawClientOptions elsewhere;
  elsewhere.from = "127.0.0.2";
  RawClient other(port_, elsewhere);
  ASSERT_TRUE(other.Send(MakeRequest("GET", "/now")));
  EXPECT_EQ(other.Read().status, 200);
  // Until it is closed, which a worker does, a request would still be answered.
  const auto ended = [&] {
    return std::count_if(many.begin(), many.end(),
                         [](const auto& one) { return one->HasBegun(0); });
  };
  for (int i = 0; i < 10'000 && ended() == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  int alive = 0;
  for (const auto& client : many) {
    client->Send(MakeRequest("GET", "/now"));
    alive += client->Read().status == 200 ? 1 : 0;
  }
  EXPECT_EQ(alive, 3);
}

TEST_F(FrontTest, AFullHouseEndsNoRequestThatIsUnderWay) {
  FrontOptions options = TwoWorkers();
  options.connections_max = 4;
  Start(options);
  const auto held = Clients(4, MakeRequest("GET", "/held"));
  while (service_.held() < 4) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  RawClientOptions elsewhere;
  elsewhere.from = "127.0.0.2";
  RawClient other(port_, elsewhere);
  EXPECT_EQ(other.Read().status, 503);
  service_.Release();
  for (const auto& client : held) EXPECT_EQ(client->Read().body, "held");
}

TEST_F(FrontTest, AFullHouseSaysSoInTlsToo) {
  const std::string base = testing::TempDir() + "full-house-" + std::to_string(getpid());
  WriteCertificate("full", base + ".pem", base + ".key");
  const auto tls = Tls::Load(base + ".pem", base + ".key");
  ASSERT_TRUE(tls.ok()) << tls.status().ToString();
  FrontOptions options = TwoWorkers();
  options.connections_max = 2;
  options.tls = tls->get();
  Start(options);
  const RawClientOptions secure = {.tls = true};
  RawClient first(port_, secure), second(port_, secure);
  for (RawClient* const client : {&first, &second}) {
    ASSERT_TRUE(client->Send(MakeRequest("GET", "/now")));
    EXPECT_EQ(client->Read().status, 200);
  }
  RawClient third(port_, secure);
  EXPECT_EQ(third.Read().status, 503);
  // Those without a handshake take no place for long, and never many.
  const auto silent = Clients(200, "");
  EXPECT_TRUE(silent.back()->Closed());
  ASSERT_TRUE(first.Send(MakeRequest("GET", "/now")));
  EXPECT_EQ(first.Read().status, 200);
  for (const char* ending : {".pem", ".key"}) std::remove((base + ending).c_str());
}

}  // namespace
}  // namespace cairn::server
