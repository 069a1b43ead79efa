// SPDX-License-Identifier: Apache-2.0
// The HTTP face: sockets in front, routes behind. The only header of this folder that others
// include. Thread safety: Bind and Run from one thread; Stop from any.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/command/dispatch.h"
#include "server/http/request.h"

namespace cairn::server {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  int port = 8585;  ///< 0: a free one.
  /// Requests that are worked on at a time, whoever sent them.
  int workers = 32;
  /// Those that take turns there do not count. Borrowed; null: none does.
  const Turns* turns = nullptr;
  size_t body_bytes_max = size_t{48} * 1024 * 1024;
  size_t connections_max = 20'000;  ///< Further ones are told to come back later (front.h).
  /// Host names to answer to, besides localhost, 127.0.0.1, [::1] and `host`.
  std::vector<std::string> allowed_hosts;
  /// PEM files of a certificate and its key; both empty: plain HTTP.
  std::string tls_certificate;
  std::string tls_key;
  /// Origins whose pages may use the server, such as "https://app.example"; "*": all.
  std::vector<std::string> cors_origins;
};

class HttpServer {
 public:
  /// Borrows both.
  HttpServer(HttpServerOptions options, Database* database, Dispatcher* dispatcher);
  ~HttpServer();

  /// Takes the address; the port that was taken. Errors: HostUnreachable when it is in use;
  /// BadValue for a certificate that cannot be used.
  Result<int> Bind();
  /// Serves until Stop; returns after the requests under way have been answered.
  void Run();
  void Stop();
  /// Breaks off the requests that are still under way, just before the process ends.
  void Abandon();
  /// Reads certificate and key again, for connections from now on; with an error the old ones stay.
  /// Only after Bind, and only with TLS; from any thread.
  Status ReloadCertificate();

 private:
  class Adapter;
  std::unique_ptr<Adapter> adapter_;
};

}  // namespace cairn::server
