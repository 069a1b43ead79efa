// SPDX-License-Identifier: Apache-2.0
// Connections that can go on without a word from their sockets: an answer has come from another
// thread, or they let others come first, or the worker that had taken them is long at something
// else. Whoever waits in epoll takes them, many at a time, so that the commits of one sync wake one
// worker.
//
// Thread safety: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace cairn::server {

class Connection;

class ReadyQueue {
 public:
  ReadyQueue();
  ~ReadyQueue();
  ReadyQueue(const ReadyQueue&) = delete;
  ReadyQueue& operator=(const ReadyQueue&) = delete;

  /// Has `epoll` give an event with `id` as its data, to one of those who wait, whenever there is
  /// something to take. False when that cannot be done.
  bool Join(int epoll, uint64_t id);
  void Push(Connection* connection);
  /// Takes up to `most` into `taken`, and calls somebody else for what is left. How many.
  size_t Take(Connection** taken, size_t most);

 private:
  void Call() const;

  const int event_;
  std::mutex mutex_;
  std::vector<Connection*> ready_;  // Guarded by it.
};

}  // namespace cairn::server
