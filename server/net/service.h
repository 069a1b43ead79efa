// SPDX-License-Identifier: Apache-2.0
// What stands behind the front: it is given whole requests and gives whole answers.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/net/framing.h"
#include "server/net/source.h"

namespace cairn::server {

/// One request, read whole and within its limits.
struct Incoming {
  Head head;
  std::string body;
  std::string peer;         ///< The socket's address, never a header's.
  bool keep_alive = false;  ///< Whether the answer may say that the connection goes on.
};

/// What is sent: bytes, and behind them what the source gives, in chunks of HTTP/1.1.
struct Answer {
  std::string bytes;               ///< Status line, head and body; without a body before a source.
  std::unique_ptr<Source> source;  ///< Its head must have said "Transfer-Encoding: chunked".
};

/// Takes the answer of one request, once, from any thread; never blocks.
using Completion = std::function<void(Answer)>;

class Service {
 public:
  virtual ~Service() = default;
  /// Called on a worker, which it may keep busy, but not waiting for a sync or a client. `done` is
  /// called exactly once, here or later.
  virtual void Serve(Incoming incoming, Completion done) = 0;
  /// The whole reply to what is no request, or cannot be taken now; it says "Connection: close".
  virtual std::string Refuse(const FramingError& error, const std::string& peer) = 0;
};

}  // namespace cairn::server
