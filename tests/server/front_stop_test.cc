// SPDX-License-Identifier: Apache-2.0
// How the front stops: what is under way ends well, and nothing else begins.
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
