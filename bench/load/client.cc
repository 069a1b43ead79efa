// SPDX-License-Identifier: Apache-2.0
#include "bench/load/client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "bench/comparison.h"

namespace cairn::bench {

int Connect(int port, int receive_bytes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (receive_bytes > 0) {
    setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return socket;
  close(socket);
  return -1;
}

size_t ReplyBytes(std::string_view bytes) {
  static constexpr std::string_view kLength = "\r\nContent-Length: ";
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const size_t length = bytes.substr(0, end).find(kLength);
  size_t whole = end + 4;
  if (length != std::string_view::npos) {
    whole += std::strtoul(bytes.data() + length + kLength.size(), nullptr, 10);
  }
  return bytes.size() >= whole ? whole : 0;
}

Client::Client(int port) : socket_(Connect(port)) {}

Client::~Client() {
  if (socket_ >= 0) close(socket_);
}

ClientReply Client::Ask(std::string_view request) {
  ClientReply reply;
  while (!request.empty()) {
    const ssize_t sent = send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;
    request.remove_prefix(static_cast<size_t>(sent));
  }
  size_t whole;
  while ((whole = ReplyBytes(in_)) == 0) {
    char buffer[16384];
    const ssize_t got = recv(socket_, buffer, sizeof(buffer), 0);
    if (got <= 0) return reply;
    in_.append(buffer, static_cast<size_t>(got));
  }
  const size_t end = in_.find("\r\n\r\n") + 4;
  reply.head = in_.substr(0, end);
  reply.body = in_.substr(end, whole - end);
  reply.status = std::atoi(in_.c_str() + in_.find(' '));
  in_.erase(0, whole);
  return reply;
}

double AskAsNewcomer(int port, std::string_view request) {
  const double start = Now();
  const ClientReply reply = Client(port).Ask(request);
  if (reply.status != 200) {
    std::fprintf(stderr, "a newcomer was answered with %d\n", reply.status);
    std::exit(1);
  }
  return (Now() - start) * 1000;
}

void ChunkReader::Feed(std::string_view bytes) {
  while (!bytes.empty() && end_ == End::kNone) {
    if (state_ == State::kData) {
      const size_t take = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
      lines_ += std::count(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(take), '\n');
      bytes.remove_prefix(take);
      left_ -= take;
      if (left_ == 0) state_ = State::kDataEnd;
      continue;
    }
    line_.push_back(bytes.front());
    bytes.remove_prefix(1);
    if (!line_.ends_with("\r\n")) continue;
    switch (state_) {
      case State::kHead:
        if (line_ == "\r\n") state_ = State::kSize;
        break;
      case State::kSize:
        left_ = std::strtoull(line_.c_str(), nullptr, 16);
        state_ = left_ > 0 ? State::kData : State::kLast;
        if (left_ == 0 && line_ != "0\r\n") end_ = End::kBroken;
        break;
      case State::kDataEnd:
        state_ = State::kSize;
        if (line_ != "\r\n") end_ = End::kBroken;
        break;
      case State::kLast:
        end_ = line_ == "\r\n" ? End::kWhole : End::kBroken;
        break;
      case State::kData:
        break;
    }
    line_.clear();
  }
}

}  // namespace cairn::bench
