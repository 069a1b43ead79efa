// SPDX-License-Identifier: Apache-2.0
// TLS 1.2 and later for the front, by OpenSSL. Thread safety: all of Tls from any thread; its
// channels belong to one thread at a time.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "cairn/status.h"
#include "server/net/channel.h"

struct ssl_ctx_st;

namespace cairn::server {

/// A certificate with its key, which may be replaced while connections go on.
class Tls {
 public:
  /// PEM files: the certificate followed by those that signed it, and its key, without a password.
  /// Error BadValue names what is wrong with them.
  static Result<std::unique_ptr<Tls>> Load(std::string certificate_file, std::string key_file);

  /// Reads the files again, for connections from now on. With an error the old ones stay in use.
  Status Reload();

  /// The server's end of a connection; null when memory is short.
  std::unique_ptr<Channel> Accept(int socket);

 private:
  using Context = std::shared_ptr<ssl_ctx_st>;  // OpenSSL's own counting, which sessions use, too

  Tls(std::string certificate_file, std::string key_file)
      : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {}
  Result<Context> MakeContext() const;

  const std::string certificate_file_;
  const std::string key_file_;
  std::mutex mutex_;
  Context context_;  // Under the mutex.
};

}  // namespace cairn::server
