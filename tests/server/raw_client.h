// SPDX-License-Identifier: Apache-2.0
// A client that sends exactly the bytes that a test gives it. One thread at a time.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ssl_st;

namespace cairn::server {

/// A reply taken apart.
struct RawReply {
  int status = 0;  ///< 0: the connection ended without one.
  std::string head;
  std::string body;
  /// Value of a header, empty when absent.
  std::string Header(std::string_view name) const;
};

struct RawClientOptions {
  bool tls = false;
  int tls_version = 0;                ///< OpenSSL's number of the only one offered; 0: any.
  const char* protocol = "http/1.1";  ///< Offered by ALPN.
  const char* from = "127.0.0.1";     ///< The address of the client.
  int wait_s = 10;
  int receive_bytes = 0;  ///< Of the socket's buffer; 0: the system's choice.
};

class RawClient {
 public:
  explicit RawClient(int port, const RawClientOptions& options = {});
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False when the server has closed.
  bool Send(std::string_view bytes);
  /// The server sees the end of what the client sends.
  void StopSending();
  /// Whether a connection, and TLS if it was wanted, came about.
  bool connected() const { return socket_ >= 0; }
  /// The name in the server's certificate.
  std::string certificate() const;
  /// Closes so that the server sees a reset.
  void Reset();
  /// The next reply; waits at most `wait_s`. `head_only`: of a HEAD request.
  RawReply Read(bool head_only = false);
  /// Waits until something of a reply has come, or the end; whether it has. None: as long as Read.
  bool HasBegun(std::optional<int> wait_ms = {}) const;
  /// Reads so many bytes of what comes; how many came before the end.
  size_t Take(size_t bytes);
  /// Reads to the end; whether that was a reset.
  bool EndsInReset();
  /// Whether a reset comes, without reading; waits as Read does.
  bool IsReset() const;
  /// Whether the server closes the connection within two seconds.
  bool Closed();

 private:
  bool Fill();
  /// As recv.
  ssize_t Receive(char* to, size_t size);
  bool BeginTls(const RawClientOptions& options);

  int socket_;
  int wait_s_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
  std::string buffer_;
};

/// A whole request with Host and Content-Length. `headers` ends each line with CRLF.
std::string MakeRequest(std::string_view method, std::string_view target,
                        std::string_view body = "", std::string_view headers = "");

}  // namespace cairn::server
