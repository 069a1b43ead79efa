// SPDX-License-Identifier: Apache-2.0
// The front while accepting takes long. The system's accept4 goes through this file.
#include <dlfcn.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>

#include "tests/server/front_fixture.h"

namespace {

// Called with each connection that has been accepted, on the worker.
std::function<void()> on_accepted;

}  // namespace

extern "C" int accept4(int listener, sockaddr* address, socklen_t* length, int flags) {
  static const auto accept_it = reinterpret_cast<decltype(&accept4)>(dlsym(RTLD_NEXT, "accept4"));
  const int accepted = accept_it(listener, address, length, flags);
  if (accepted >= 0 && on_accepted) on_accepted();
  return accepted;
}

namespace cairn::server {
namespace {

class SlowAccept : public FrontTest {
 protected:
  void TearDown() override {
    FrontTest::TearDown();
    on_accepted = nullptr;
  }
};

TEST_F(SlowAccept, WhoComesInTheVeryLastMomentIsTurnedAway) {
  on_accepted = [this] {
    front_->Stop();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  };
  Start(TwoWorkers());
  RawClient client(port_);
  thread_.join();
  EXPECT_TRUE(client.Closed());
  front_.reset();
}

TEST_F(SlowAccept, HoldsUpNobodyWhoseTurnHasCome) {
  // Newcomers with whom a worker stays until it is told otherwise.
  std::atomic<bool> slow{false};
  std::atomic<int> accepting{0};
  on_accepted = [&] {
    ++accepting;
    slow.wait(true);
    --accepting;
  };
  Start(TwoWorkers());
  const auto clients = Clients(4, "");
  for (int round = 0; round < 10; ++round) {
    // Many quick ones, so that workers take several at a time.
    for (int i = 0; i < 100; ++i) {
      for (const auto& client : clients) client->Send(MakeRequest("GET", "/now"));
      for (const auto& client : clients) ASSERT_EQ(client->Read().status, 200);
    }
    service_.SetBusy();
    const auto busy = Clients(2, MakeRequest("GET", "/busy"));
    while (service_.at_busy() < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    slow.store(true);
    const RawClient newcomer(port_);
    for (const auto& client : clients) client->Send(MakeRequest("GET", "/now"));
    service_.SetIdle();
    const auto begin = std::chrono::steady_clock::now();
    for (const auto& client : clients) EXPECT_EQ(client->Read().status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    // A worker that slept through this would take the next round for the last one.
    for (const auto& client : busy) EXPECT_EQ(client->Read().body, "busy");
    slow.store(false);
    slow.notify_all();
    while (accepting.load() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace
}  // namespace cairn::server
