// SPDX-License-Identifier: Apache-2.0
// cairn serve: opens a database and answers HTTP until it is told to stop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cairn/options.h"
#include "server/cli/address.h"
#include "server/http/server.h"

namespace cairn::server {

struct ServeOptions {
  std::string directory = "./cairn-data";
  Address http{"127.0.0.1", 8585};
  bool memory = false;
  Durability durability = Durability::kJournaled;
  int64_t slow_ms = 100;  ///< What takes at least so long is logged; negative: nothing.
  size_t memory_bytes = size_t{1} << 30;      ///< All that the process may take.
  int workers = HttpServerOptions().workers;  ///< Fewer where memory is short.
  bool insecure = false;  ///< Listen beyond this machine although nobody is asked who they are.
  std::vector<std::string> allowed_hosts;
  std::string tls_certificate;  ///< Files; both empty: plain HTTP.
  std::string tls_key;
  std::vector<std::string> cors_origins;
  std::vector<std::string> arguments;  ///< The command line, for those who ask how it was started.
};

/// An exit code. Prints "ready http://HOST:PORT" (or https) on standard output once it answers;
/// reads the certificate again on SIGHUP; ends on SIGTERM or SIGINT. Call it before any thread is
/// started: it blocks these signals for all of them.
int RunServe(const ServeOptions& options);

}  // namespace cairn::server
