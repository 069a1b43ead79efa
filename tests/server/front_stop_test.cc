// SPDX-License-Identifier: Apache-2.0
// How the front stops: what is under way ends well, and nothing else begins.
#include <ctime>

#include "tests/server/front_fixture.h"

namespace cairn::server {
namespace {

TEST_F(FrontTest, StopLetsStreamsEndWholeAndAbandonResetsThem) {
  Start(TwoWorkers());
  const auto readers = Clients(20, MakeRequest("GET", "/stream"));
  ExpectServed();  // The streams have begun.
  front_->Stop();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(readers[i]->Read().body.size(), size_t{1000} * (size_t{64} << 10));
  }
  front_->Abandon();
  for (int i = 10; i < 20; ++i) EXPECT_TRUE(readers[i]->EndsInReset());
}

TEST_F(FrontTest, StopLeavesNoRequestThatWasSentWithoutAnAnswer) {
  Start(TwoWorkers());
  const auto clients = Clients(10, MakeRequest("GET", "/now"));
  for (const auto& client : clients) ASSERT_EQ(client->Read().status, 200);
  service_.SetBusy();
  const auto busy = Clients(2, MakeRequest("GET", "/busy"));
  while (service_.at_busy() < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  // No worker is left to read these.
  for (const auto& client : clients) client->Send(MakeRequest("POST", "/late", "body"));
  front_->Stop();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  service_.SetIdle();
  for (const auto& client : clients) {
    const RawReply reply = client->Read();
    EXPECT_EQ(reply.body, "/late body");
    EXPECT_EQ(reply.Header("Connection"), "close");
  }
}

TEST_F(FrontTest, StopRefusesNewcomersWithoutEffort) {
  Start(TwoWorkers());
  RawClient held(port_);
  ASSERT_TRUE(held.Send(MakeRequest("GET", "/held")));
  while (service_.held() < 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  front_->Stop();
  const RawClient newcomer(port_);
  EXPECT_FALSE(newcomer.connected());
  const std::clock_t begin = std::clock();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_LT(std::clock() - begin, CLOCKS_PER_SEC / 2);
  service_.Release();
  EXPECT_EQ(held.Read().body, "held");
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
