// SPDX-License-Identifier: Apache-2.0
#include "tests/server/raw_client.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

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

RawClient::RawClient(int port, const RawClientOptions& options)
    : socket_(socket(AF_INET, SOCK_STREAM, 0)), wait_s_(options.wait_s), ssl_(nullptr, SSL_free) {
  sockaddr_in own{};
  own.sin_family = AF_INET;
  inet_pton(AF_INET, options.from, &own.sin_addr);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  timeval timeout{options.wait_s, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  if (options.receive_bytes > 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &options.receive_bytes, sizeof(int));
  }
  if (bind(socket_, reinterpret_cast<sockaddr*>(&own), sizeof(own)) != 0 ||
      connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      (options.tls && !BeginTls(options))) {
    close(socket_);
    socket_ = -1;
  }
}

bool RawClient::BeginTls(const RawClientOptions& options) {
  signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL.
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                             SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);  // Old versions can be offered then.
  if (options.tls_version != 0) {
    SSL_CTX_set_min_proto_version(context.get(), options.tls_version);
    SSL_CTX_set_max_proto_version(context.get(), options.tls_version);
  }
  std::string protocol(1, static_cast<char>(std::strlen(options.protocol)));
  protocol += options.protocol;
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(protocol.data()),
                          static_cast<unsigned>(protocol.size()));
  ssl_.reset(SSL_new(context.get()));
  SSL_set_fd(ssl_.get(), socket_);
  return SSL_connect(ssl_.get()) == 1;
}

RawClient::~RawClient() {
  if (socket_ >= 0) close(socket_);
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                              : send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void RawClient::StopSending() {
  if (ssl_) SSL_shutdown(ssl_.get());
  shutdown(socket_, SHUT_WR);
}

void RawClient::Reset() {
  const linger now{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close(socket_);
  socket_ = -1;
}

std::string RawClient::certificate() const {
  const std::unique_ptr<X509, void (*)(X509*)> peer(SSL_get1_peer_certificate(ssl_.get()),
                                                    X509_free);
  char name[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName, name, sizeof(name));
  return name;
}

ssize_t RawClient::Receive(char* to, size_t size) {
  return ssl_ ? SSL_read(ssl_.get(), to, static_cast<int>(size)) : recv(socket_, to, size, 0);
}

bool RawClient::HasBegun(std::optional<int> wait_ms) const {
  pollfd waited{socket_, POLLIN, 0};
  return poll(&waited, 1, wait_ms.value_or(wait_s_ * 1000)) == 1;
}

size_t RawClient::Take(size_t bytes) {
  std::string taken(bytes, '\0');
  size_t got = 0;
  while (got < bytes) {
    const ssize_t more = Receive(taken.data() + got, bytes - got);
    if (more <= 0) break;
    got += static_cast<size_t>(more);
  }
  return got;
}

bool RawClient::Fill() {
  char bytes[16384];
  const ssize_t got = Receive(bytes, sizeof(bytes));
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

bool RawClient::EndsInReset() {
  std::string bytes(65536, ' ');
  ssize_t got;
  while ((got = Receive(bytes.data(), bytes.size())) > 0) {
  }
  return got < 0 && errno == ECONNRESET;
}

bool RawClient::IsReset() const {
  pollfd waited{socket_, 0, 0};
  return poll(&waited, 1, wait_s_ * 1000) == 1 && (waited.revents & POLLERR) != 0;
}

bool RawClient::Closed() {
  timeval timeout{2, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  char byte;
  ssize_t got;
  do {
    errno = 0;
    got = Receive(&byte, 1);
  } while (got > 0);
  return errno != EAGAIN && errno != EWOULDBLOCK;
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
