// SPDX-License-Identifier: Apache-2.0
// A channel without encryption.
#include "server/net/channel.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

namespace cairn::server {
namespace {

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(int socket) : socket_(socket) {}

  Io Handshake() override { return {Io::State::kDone}; }

  Io Receive(char* to, size_t size) override {
    ssize_t got;
    do {
      got = recv(socket_, to, size, 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
      const auto bytes = static_cast<size_t>(got);
      return {Io::State::kDone, bytes, 0, bytes < size};
    }
    if (got == 0) return {Io::State::kEnd};
    return {WouldBlock() ? Io::State::kAgain : Io::State::kBroken, 0, EPOLLIN};
  }

  Io Send(const char* from, size_t size) override {
    ssize_t sent;
    do {
      sent = send(socket_, from, size, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent > 0) return {Io::State::kDone, static_cast<size_t>(sent)};
    return {sent < 0 && WouldBlock() ? Io::State::kAgain : Io::State::kBroken, 0, EPOLLOUT};
  }

  void EndSending() override { shutdown(socket_, SHUT_WR); }

 private:
  static bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }
  const int socket_;
};

}  // namespace

std::unique_ptr<Channel> MakePlainChannel(int socket) {
  return std::make_unique<PlainChannel>(socket);
}

}  // namespace cairn::server
