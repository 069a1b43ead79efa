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
#include <unordered_map>
#include <unordered_set>

#include "server/net/batch.h"
#include "server/net/connection.h"
#include "server/net/crew.h"

namespace cairn::server {

struct FrontOptions {
  std::string host = "127.0.0.1";
  int port = 0;      ///< 0: a free one.
  int workers = 32;  ///< That work at a time.
  /// Requests that take turns there do not count. Borrowed; null: none does.
  const Turns* turns = nullptr;
  /// Beyond it, a newcomer takes the place of an idle connection of the peer that has the most; if
  /// that is its own peer, it is told to come back later. Fewer when the system's limit of open
  /// files would leave too few for the store.
  size_t connections_max = 20'000;
  Tls* tls = nullptr;  ///< Borrowed. Null: plain HTTP.
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
  /// Resets all connections, so that no client takes a part of a reply for the whole.
  void Abandon();

 private:
  void Work(int number);
  /// Answers those of the batch, then sends what was answered.
  void Serve(int number, Batch* batch);
  /// Others take what a worker that is long at one has left.
  void Relieve(int number);
  void Accept();
  void ArmListener();
  /// Whether it was let in.
  bool Admit(Connection* connection);
  /// Whether it is let in although it is one too many, to be told so.
  bool AdmitToRefuse(Connection* connection);
  bool MakeRoomFor(const std::string& peer);
  void Remove(Connection* connection);
  /// Looks which of the clients that wait for an answer have gone. Under mutex_.
  void NoticeHangUps();
  /// Ends connections whose time is up, until there is nothing left to do.
  void Watch();

  const FrontOptions options_;
  size_t connections_max_;  // No more than the system has room for.
  ConnectionHost host_;
  int listener_ = -1;
  int over_ = -1;  // An eventfd, readable once all is done: workers go home.
  std::atomic<bool> listener_rests_{false};
  Crew crew_;
  const std::unique_ptr<Batch[]> batches_;  // One a worker.
  std::mutex mutex_;                        // Guards what follows.
  std::unordered_set<Connection*> connections_;
  std::unordered_map<std::string, size_t> connections_of_;  // By peer.
};

}  // namespace cairn::server
