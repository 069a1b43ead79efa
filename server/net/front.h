// SPDX-License-Identifier: Apache-2.0
// The server's sockets: it accepts connections and lets a pool of workers drive them. Workers wait
// in epoll themselves and take whichever connection is ready, so that idle and slow clients cost no
// thread, and no client is served twice before another one that is waiting.
//
// Thread safety: Listen and Run from one thread; Stop from any.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "server/net/connection.h"

namespace cairn::server {

struct FrontOptions {
  std::string host = "127.0.0.1";
  int port = 0;  ///< 0: a free one.
  int workers = 32;
  size_t connections_max = 20'000;  ///< Further ones are told to come back later.
  ConnectionLimits limits;
};

class Front {
 public:
  /// Borrows `service`.
  Front(FrontOptions options, Service* service);
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  /// Takes the address; the port that was taken. Error HostUnreachable when it cannot be had.
  Result<int> Listen();
  /// Serves until Stop; returns once the requests under way have been answered.
  void Run();
  void Stop();

 private:
  void Work();
  void Accept();
  void ArmListener();
  void Remove(Connection* connection);
  /// Ends connections whose time is up, until there is nothing left to do.
  void Watch();

  const FrontOptions options_;
  ConnectionHost host_;
  int listener_ = -1;
  int over_ = -1;  // An eventfd, readable once all is done: workers go home.
  std::atomic<bool> listener_rests_{false};
  std::mutex mutex_;  // Guards connections_.
  std::unordered_set<Connection*> connections_;
};

}  // namespace cairn::server
