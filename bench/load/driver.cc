// SPDX-License-Identifier: Apache-2.0
#include "bench/load/driver.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>

#include "bench/comparison.h"
#include "bench/load/client.h"

namespace cairn::bench {
namespace {

constexpr int kEventsAtOnce = 128;
constexpr int kWaitMs = 20;

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "a connection of the load: %s\n", why.c_str());
  std::exit(1);
}

/// Connections of one thread.
class Loop {
 public:
  Loop(const DriverOptions& options, int first, int count)
      : options_(options), epoll_(epoll_create1(EPOLL_CLOEXEC)), next_(static_cast<size_t>(first)) {
    connections_.resize(static_cast<size_t>(count));
    for (size_t i = 0; i < connections_.size(); ++i) {
      Connection& connection = connections_[i];
      connection.socket = Connect(options.port);
      if (connection.socket < 0) Fail("refused");
      fcntl(connection.socket, F_SETFL, O_NONBLOCK);
      epoll_event event{};
      event.events = EPOLLIN | EPOLLET;
      event.data.u64 = i;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event);
    }
  }
  ~Loop() {
    for (const Connection& connection : connections_) close(connection.socket);
    close(epoll_);
  }

  void Run(const std::atomic<bool>& over) {
    for (Connection& connection : connections_) SendNext(&connection);
    epoll_event events[kEventsAtOnce];
    while (!over.load(std::memory_order_relaxed)) {
      const int ready = epoll_wait(epoll_, events, kEventsAtOnce, kWaitMs);
      for (int i = 0; i < ready; ++i) Receive(&connections_[events[i].data.u64]);
    }
  }

  void AddTo(Driven* driven) const {
    for (const Connection& connection : connections_) {
      driven->replies += connection.replies;
      driven->replies_of.push_back(connection.replies);
    }
  }

 private:
  struct Connection {
    int socket = -1;
    int64_t replies = 0;
    std::string in;  // Of a reply that has come in part.
  };

  void SendNext(Connection* connection) {
    const std::string& request = options_.requests[next_++ % options_.requests.size()];
    const ssize_t sent = send(connection->socket, request.data(), request.size(), MSG_NOSIGNAL);
    // A request is small, and the connection has none under way.
    if (sent != static_cast<ssize_t>(request.size())) Fail("it takes no request");
  }

  void Receive(Connection* connection) {
    char buffer[16384];
    for (;;) {
      const ssize_t got = recv(connection->socket, buffer, sizeof(buffer), 0);
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) Fail("it has ended");
      const std::string_view fresh(buffer, static_cast<size_t>(got));
      if (!connection->in.empty()) connection->in.append(fresh);
      const std::string_view bytes = connection->in.empty() ? fresh : connection->in;
      const size_t whole = ReplyBytes(bytes);
      if (whole == 0) {
        if (connection->in.empty()) connection->in = fresh;
        continue;
      }
      if (std::atoi(bytes.data() + sizeof("HTTP/1.1")) != options_.status) {
        Fail("answered with " + std::string(bytes));
      }
      if (whole != bytes.size()) Fail("more than a reply");
      connection->in.clear();
      ++connection->replies;
      SendNext(connection);
      return;  // The next reply wakes it.
    }
  }

  const DriverOptions& options_;
  const int epoll_;
  size_t next_;
  std::vector<Connection> connections_;
};

}  // namespace

Driven DriveUntil(const DriverOptions& options, const std::atomic<bool>& over) {
  std::vector<std::unique_ptr<Loop>> loops;
  for (int i = 0, first = 0; i < options.threads; ++i) {
    const int count = (options.connections - first) / (options.threads - i);
    loops.push_back(std::make_unique<Loop>(options, first, count));
    first += count;
  }
  const double start = Now();
  std::vector<std::thread> threads;
  for (const auto& loop : loops) threads.emplace_back([&loop, &over] { loop->Run(over); });
  for (std::thread& thread : threads) thread.join();
  Driven driven;
  driven.seconds = Now() - start;
  for (const auto& loop : loops) loop->AddTo(&driven);
  return driven;
}

Driven Drive(const DriverOptions& options, double seconds) {
  std::atomic<bool> over{false};
  std::thread clock([&over, seconds] {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    over.store(true);
  });
  Driven driven = DriveUntil(options, over);
  clock.join();
  return driven;
}

}  // namespace cairn::bench
