// SPDX-License-Identifier: Apache-2.0
// Sends commands to a running server over one kept-alive connection. One thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "server/cli/address.h"

namespace cairn::server {

class CommandClient {
 public:
  /// `reply_time`: how long a reply may take.
  explicit CommandClient(const ServerUrl& server,
                         std::chrono::seconds reply_time = std::chrono::minutes(10));
  explicit CommandClient(const Address& address) : CommandClient(ServerUrl{address}) {}
  CommandClient(CommandClient&&) noexcept;
  CommandClient& operator=(CommandClient&&) noexcept;
  ~CommandClient();

  /// Runs a command, in Extended JSON, on `database`; the reply when it says ok. Errors: the
  /// reply's own; HostUnreachable when there is no reply, and then the command may or may not have
  /// been done.
  Result<bson::Document> Run(std::string_view database, const std::string& command);

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace cairn::server
