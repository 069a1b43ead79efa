// SPDX-License-Identifier: Apache-2.0
#include "server/net/ready_queue.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace cairn::server {

ReadyQueue::ReadyQueue() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

ReadyQueue::~ReadyQueue() { close(event_); }

// With EPOLLET each write is an event for one who waits, and nobody has to read it back.
bool ReadyQueue::Join(int epoll, uint64_t id) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = id;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, event_, &event) == 0;
}

void ReadyQueue::Call() const {
  const uint64_t one = 1;
  while (write(event_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

void ReadyQueue::Push(Connection* connection) {
  {
    const std::scoped_lock lock(mutex_);
    ready_.push_back(connection);
    if (ready_.size() > 1) return;  // Somebody has been called.
  }
  Call();
}

size_t ReadyQueue::Take(Connection** taken, size_t most) {
  const std::scoped_lock lock(mutex_);
  const size_t count = std::min(most, ready_.size());
  std::copy_n(ready_.begin(), count, taken);
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<ptrdiff_t>(count));
  if (!ready_.empty()) Call();
  return count;
}

}  // namespace cairn::server
