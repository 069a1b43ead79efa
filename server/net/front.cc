// SPDX-License-Identifier: Apache-2.0
// Accepting, waiting, and watching the clock.
#include "server/net/front.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <exception>
#include <limits>
#include <thread>
#include <vector>

namespace cairn::server {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsAtOnce = 64;
constexpr size_t kLeavingMax = 64;
// For the store's tables and logs, and for connections that are leaving or turned away.
constexpr size_t kFilesKept = 2000;
constexpr FramingError kFull = {503, "too many connections"};
constexpr std::chrono::milliseconds kWatchEvery(100);
// Epoll's data of what is no connection.
constexpr uint64_t kOver = uint64_t{1} << 63;
constexpr uint64_t kListener = kOver + 1;
constexpr uint64_t kReady = kOver + 2;

// How many files and connections together may be open, once the system has been asked for as many
// as it gives.
size_t RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<size_t>::max();
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

std::string PeerOf(const sockaddr_storage& address, socklen_t length) {
  char host[NI_MAXHOST] = "";
  getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, host, sizeof(host), nullptr, 0,
              NI_NUMERICHOST);
  return host;
}

int PortOf(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return -1;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                                             : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

// That this thread has had of a processor.
std::chrono::nanoseconds ProcessorTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

int BindTo(const addrinfo& address) {
  const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(socket, address.ai_addr, address.ai_addrlen) == 0 && listen(socket, kBacklog) == 0) {
    return socket;
  }
  close(socket);
  return -1;
}

}  // namespace

Front::Front(FrontOptions options, Service* service)
    : options_(std::move(options)),
      connections_max_(options_.connections_max),
      host_(connections_max_ + kLeavingMax),
      over_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      crew_(options_.workers, static_cast<int>(std::thread::hardware_concurrency()),
            options_.turns),
      batches_(std::make_unique<Batch[]>(static_cast<size_t>(crew_.size()))) {
  host_.service = service;
  host_.tls = options_.tls;
  host_.limits = options_.limits;
  host_.epoll = epoll_create1(EPOLL_CLOEXEC);
}

Front::~Front() {
  if (listener_ >= 0) close(listener_);
  close(host_.epoll);
  close(over_);
}

Result<int> Front::Listen() {
  const size_t files = RaiseFileLimit();
  connections_max_ = std::min(connections_max_, files - std::min(kFilesKept, files / 2));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(options_.port);
  if (getaddrinfo(options_.host.c_str(), port.c_str(), &hints, &found) == 0) {
    for (const addrinfo* address = found; address != nullptr && listener_ < 0;
         address = address->ai_next) {
      listener_ = BindTo(*address);
    }
    freeaddrinfo(found);
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kOver;
  const bool watched = epoll_ctl(host_.epoll, EPOLL_CTL_ADD, over_, &event) == 0 &&
                       host_.ready.Join(host_.epoll, kReady);
  event.events = 0;
  event.data.u64 = kListener;
  if (listener_ < 0 || !watched || epoll_ctl(host_.epoll, EPOLL_CTL_ADD, listener_, &event) != 0) {
    return Status(ErrorCode::kHostUnreachable, "cannot listen on " + options_.host + ":" + port +
                                                   ": the address is in use or not ours");
  }
  return PortOf(listener_);
}

void Front::ArmListener() {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.u64 = kListener;
  epoll_ctl(host_.epoll, EPOLL_CTL_MOD, listener_, &event);
}

void Front::Run() {
  ArmListener();
  std::vector<std::thread> workers;
  std::thread foreman([this, &workers] {
    const auto hire = [this, &workers](int i) {
      try {
        workers.emplace_back([this, i] { Work(i); });
        return true;
      } catch (const std::exception&) {
        return false;
      }
    };
    crew_.Watch({.hire = hire, .is_long = [this](int i) { Relieve(i); }});
  });
  Watch();
  crew_.Dismiss();
  const uint64_t one = 1;
  while (write(over_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
  foreman.join();
  for (std::thread& worker : workers) worker.join();
}

// Who comes from now on is refused by the system, and may go elsewhere.
void Front::Stop() {
  host_.draining.store(true);
  shutdown(listener_, SHUT_RDWR);
}

void Front::Abandon() {
  const std::scoped_lock lock(mutex_);
  for (Connection* const connection : connections_) connection->Reset();
}

void Front::Work(int number) {
  Batch& batch = batches_[static_cast<size_t>(number)];
  epoll_event events[Batch::kMost];
  for (bool called = crew_.Join(); called;) {
    const int ready = epoll_wait(host_.epoll, events, batch.Room(), -1);
    if (ready < 0 && errno != EINTR) return;
    if (ready <= 0) continue;
    crew_.Begin(number);
    batch.Begin();
    bool newcomers = false;
    for (int i = 0; i < ready; ++i) {
      const uint64_t source = events[i].data.u64;
      if (source == kOver) return;  // No connection is left then.
      if (source == kListener) {
        newcomers = true;
      } else if (source == kReady) {
        Connection* taken[Batch::kMost];
        const size_t count = host_.ready.Take(taken, Batch::kMost);
        for (size_t at = 0; at < count; ++at) batch.Add(taken[at]);
      } else {
        // The end that has come with the last bytes is read after them.
        const bool ended = (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        Connection* const connection = host_.slots.Take(source, ended);
        if (connection != nullptr) batch.Add(connection);
      }
    }
    // Last, as it may take a moment, and what is in the batch can be given to others.
    if (newcomers) Accept();
    Serve(number, &batch);
    batch.End();
    called = crew_.End(number);
  }
}

// A reply often wakes a client that competes for this very processor. So they leave at the end,
// one after the other.
void Front::Serve(int number, Batch* batch) {
  const bool hold = batch->count() > 1;
  const bool measured = batch->IsMeasured();
  const auto begun = measured ? ProcessorTime() : std::chrono::nanoseconds();
  for (size_t at = 0; at < batch->count(); ++at) {
    Connection* const connection = batch->TakeOut(at);
    if (connection == nullptr) continue;
    crew_.Next(number);
    switch (connection->OnReady(hold)) {
      case Connection::Now::kWaits:
        break;
      case Connection::Now::kHasReply:
        batch->Put(at, connection);
        break;
      case Connection::Now::kOver:
        Remove(connection);
        break;
    }
  }
  if (!hold) return;
  host_.service->ServePutOff();
  const auto made = measured ? ProcessorTime() : std::chrono::nanoseconds();
  for (size_t at = 0; at < batch->count(); ++at) {
    Connection* const connection = batch->TakeOut(at);
    if (connection == nullptr) continue;
    crew_.Next(number);
    if (connection->OnReady(false) == Connection::Now::kOver) Remove(connection);
  }
  if (measured) crew_.Took(made - begun, ProcessorTime() - made);
}

void Front::Relieve(int number) {
  Batch& batch = batches_[static_cast<size_t>(number)];
  for (size_t at = 0; at < Batch::kSize; ++at) {
    if (Connection* const left = batch.TakeOut(at)) host_.ready.Push(left);
  }
}

void Front::Accept() {
  for (int i = 0; i < kAcceptsAtOnce && !host_.draining.load(); ++i) {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    const int socket = accept4(listener_, reinterpret_cast<sockaddr*>(&address), &length,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        listener_rests_.store(true);  // Watch wakes it.
        return;
      }
      break;
    }
    auto connection = std::make_unique<Connection>(socket, PeerOf(address, length), &host_);
    if (!Admit(connection.get())) {
      if (host_.tls == nullptr) {
        const std::string refusal = host_.service->Refuse(kFull, nullptr, connection->peer());
        send(socket, refusal.data(), refusal.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        continue;
      }
      // In TLS there is no way to say so before a handshake, which few are given.
      if (!AdmitToRefuse(connection.get())) continue;
      connection->RefuseAtOnce(kFull);
    }
    Connection* const accepted = connection.release();
    if (!accepted->Arm()) Remove(accepted);
  }
  if (!host_.draining.load()) ArmListener();
}

// Neither lets anyone in once Watch may have seen that nobody is left.
bool Front::Admit(Connection* connection) {
  const std::scoped_lock lock(mutex_);
  if (host_.draining.load()) return false;
  if (connections_.size() >= connections_max_ && !MakeRoomFor(connection->peer())) {
    return false;
  }
  connections_.insert(connection);
  ++connections_of_[connection->peer()];
  return true;
}

bool Front::AdmitToRefuse(Connection* connection) {
  const std::scoped_lock lock(mutex_);
  if (host_.draining.load() || connections_.size() >= connections_max_ + kLeavingMax) return false;
  connections_.insert(connection);
  ++connections_of_[connection->peer()];
  return true;
}

bool Front::MakeRoomFor(const std::string& peer) {
  // The one that is ended here leaves a little later, with its worker.
  if (connections_.size() >= connections_max_ + kLeavingMax) return false;
  const auto most =
      std::max_element(connections_of_.begin(), connections_of_.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto own = connections_of_.find(peer);
  if (own != connections_of_.end() && own->second + 1 >= most->second) return false;
  return std::any_of(connections_.begin(), connections_.end(), [&](Connection* connection) {
    return connection->peer() == most->first && connection->ExpireIfIdle();
  });
}

void Front::Remove(Connection* connection) {
  {
    const std::scoped_lock lock(mutex_);
    connections_.erase(connection);
    const auto peer = connections_of_.find(connection->peer());
    if (--peer->second == 0) connections_of_.erase(peer);
  }
  delete connection;
}

void Front::NoticeHangUps() {
  std::vector<Connection*> answering;
  std::vector<pollfd> sockets;
  for (Connection* const connection : connections_) {
    if (!connection->answering()) continue;
    answering.push_back(connection);
    sockets.push_back({connection->socket(), POLLRDHUP, 0});
  }
  if (sockets.empty() || poll(sockets.data(), sockets.size(), 0) <= 0) return;
  for (size_t i = 0; i < sockets.size(); ++i) {
    if (sockets[i].revents != 0) answering[i]->ClientGone();
  }
}

void Front::Watch() {
  for (;; std::this_thread::sleep_for(kWatchEvery)) {
    const bool draining = host_.draining.load();
    if (listener_rests_.exchange(false)) ArmListener();
    const int64_t now = MonotonicMs();
    const std::scoped_lock lock(mutex_);
    for (Connection* const connection : connections_) {
      if (connection->deadline_ms() <= now) connection->Expire();
      if (draining) connection->ExpireIfIdle();
    }
    NoticeHangUps();
    if (draining && connections_.empty()) return;
  }
}

}  // namespace cairn::server
