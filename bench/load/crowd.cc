// SPDX-License-Identifier: Apache-2.0
#include "bench/load/crowd.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "bench/comparison.h"
#include "bench/load/client.h"

namespace cairn::bench {
namespace {

constexpr std::chrono::milliseconds kBetweenNewcomers(5);

int ConnectOrFail(int port) {
  const int socket = Connect(port);
  if (socket >= 0) return socket;
  std::perror("connect");
  std::exit(1);
}

bool IsClosed(int socket) {
  char byte;
  const ssize_t got = recv(socket, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
  return got == 0 || (got < 0 && errno != EAGAIN);
}

}  // namespace

IdleConnections::IdleConnections(int port, int count, const std::string& request) {
  for (int i = 0; i < count; ++i) {
    const int socket = ConnectOrFail(port);
    sockets_.push_back(socket);
    std::string reply;
    char buffer[4096];
    ssize_t got = send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    while (got > 0 && ReplyBytes(reply) == 0) {
      got = recv(socket, buffer, sizeof(buffer), 0);
      if (got > 0) reply.append(buffer, static_cast<size_t>(got));
    }
    if (got > 0) continue;
    std::fprintf(stderr, "connection %d was not answered\n", i);
    std::exit(1);
  }
}

IdleConnections::~IdleConnections() {
  for (const int socket : sockets_) close(socket);
}

int IdleConnections::Closed() const {
  int closed = 0;
  for (const int socket : sockets_) closed += IsClosed(socket) ? 1 : 0;
  return closed;
}

int DripUntil(int port, int count, const std::atomic<bool>& over) {
  struct Dripping {
    int socket;
    size_t at = 0;
  };
  const std::string request =
      "GET /version HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + std::string(4096, 'x');
  std::vector<Dripping> all;
  for (int i = 0; i < count; ++i) all.push_back({ConnectOrFail(port)});
  int refused = 0;
  const double start = Now();
  for (int64_t sent = 0; !over.load(); ++sent) {
    const double due = start + static_cast<double>(sent) / count;
    const double ahead = due - Now();
    if (ahead > 0) std::this_thread::sleep_for(std::chrono::duration<double>(ahead));
    Dripping& one = all[static_cast<size_t>(sent % count)];
    char reply[1024];
    if (recv(one.socket, reply, sizeof(reply), MSG_DONTWAIT) >= 0 ||
        send(one.socket, &request[one.at++ % request.size()], 1, MSG_NOSIGNAL) < 1) {
      ++refused;
      close(one.socket);
      one = {ConnectOrFail(port)};
    }
  }
  for (const Dripping& one : all) close(one.socket);
  return refused;
}

std::vector<double> TimeNewcomers(int port, const std::string& request, double seconds) {
  std::vector<double> times;
  for (const double end = Now() + seconds; Now() < end;) {
    times.push_back(AskAsNewcomer(port, request));
    std::this_thread::sleep_for(kBetweenNewcomers);
  }
  return times;
}

}  // namespace cairn::bench
