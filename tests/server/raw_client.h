// SPDX-License-Identifier: Apache-2.0
// A client that sends exactly the bytes that a test gives it. One thread at a time.
#pragma once

#include <string>
#include <string_view>

namespace cairn::server {

/// A reply taken apart.
struct RawReply {
  int status = 0;  ///< 0: the connection ended without one.
  std::string head;
  std::string body;
  /// Value of a header, empty when absent.
  std::string Header(std::string_view name) const;
};

class RawClient {
 public:
  explicit RawClient(int port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False when the server has closed.
  bool Send(std::string_view bytes);
  /// The server sees the end of what the client sends.
  void StopSending();
  /// The next reply; waits at most 10 seconds. `head_only`: of a HEAD request.
  RawReply Read(bool head_only = false);
  /// Whether the server closes the connection within two seconds.
  bool Closed();

 private:
  bool Fill();
  int socket_;
  std::string buffer_;
};

/// A whole request with Host and Content-Length. `headers` ends each line with CRLF.
std::string MakeRequest(std::string_view method, std::string_view target,
                        std::string_view body = "", std::string_view headers = "");

}  // namespace cairn::server
