// SPDX-License-Identifier: Apache-2.0
#include "tests/server/raw_client.h"

#include <arpa/inet.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "server/net/framing.h"

namespace cairn::server {

std::string RawReply::Header(std::string_view name) const {
  size_t at = 0;
  while ((at = head.find("\r\n", at)) != std::string::npos) {
    at += 2;
    if (strncasecmp(head.c_str() + at, name.data(), name.size()) == 0 &&
        head[at + name.size()] == ':') {
      const size_t begin = at + name.size() + 2;
      return head.substr(begin, head.find("\r\n", begin) - begin);
    }
  }
  return "";
}

RawClient::RawClient(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  timeval timeout{10, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    close(socket_);
    socket_ = -1;
  }
}

RawClient::~RawClient() {
  if (socket_ >= 0) close(socket_);
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void RawClient::StopSending() { shutdown(socket_, SHUT_WR); }

bool RawClient::Fill() {
  char bytes[16384];
  const ssize_t got = recv(socket_, bytes, sizeof(bytes), 0);
  if (got <= 0) return false;
  buffer_.append(bytes, static_cast<size_t>(got));
  return true;
}

RawReply RawClient::Read(bool head_only) {
  RawReply reply;
  size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return reply;
  }
  reply.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  reply.status = std::atoi(reply.head.c_str() + 9);
  if (head_only || reply.status == 100) return reply;
  if (reply.Header("Transfer-Encoding") == "chunked") {
    ChunkedDecoder decoder(size_t{1} << 30);
    while (true) {
      std::string_view input = buffer_;
      if (decoder.Feed(&input, &reply.body).status != 0) return RawReply{};
      buffer_.erase(0, buffer_.size() - input.size());
      if (decoder.done()) return reply;
      if (!Fill()) return RawReply{};
    }
  }
  const size_t length = std::strtoul(reply.Header("Content-Length").c_str(), nullptr, 10);
  while (buffer_.size() < length) {
    if (!Fill()) return RawReply{};
  }
  reply.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return reply;
}

bool RawClient::Closed() {
  timeval timeout{2, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  char byte;
  ssize_t got;
  while ((got = recv(socket_, &byte, 1, 0)) > 0) {
  }
  return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

std::string MakeRequest(std::string_view method, std::string_view target, std::string_view body,
                        std::string_view headers) {
  std::string request = std::string(method) + " " + std::string(target) +
                        " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers);
  if (method != "GET" && method != "HEAD") {
    if (headers.find("ontent-") == std::string_view::npos) {
      request += "Content-Type: application/json\r\n";
    }
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return request + "\r\n" + std::string(body);
}

}  // namespace cairn::server
