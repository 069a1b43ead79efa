// SPDX-License-Identifier: Apache-2.0
// What stands behind the front: it is given requests, whole or with a body that arrives, and gives
// answers.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "server/net/framing.h"
#include "server/net/sink.h"

namespace cairn::server {

/// One request, read whole and within its limits.
struct Incoming {
  Head head;
  std::string body;
  std::string peer;             ///< The socket's address, never a header's.
  std::stop_token client_gone;  ///< The client has closed the connection.
  bool keep_alive = false;      ///< Whether the answer may say that the connection goes on.
};

class Service {
 public:
  virtual ~Service() = default;
  /// Called on a worker, which it may keep busy, but not waiting for a sync or a client. `done` is
  /// called exactly once, here or later. `more`: this thread has others at hand, and calls
  /// ServePutOff soon, so that short work may be put off until it can be done together.
  virtual void Serve(Incoming incoming, Completion done, bool more) = 0;
  /// Does what this thread has put off. Called before anything that may take long, too.
  virtual void ServePutOff() {}
  /// Asked before a body is read. A sink takes it, of whatever length; without one it is read
  /// whole, within the limits, and comes to Serve. Never blocks.
  virtual std::unique_ptr<Sink> Open(const Head& head, const std::string& peer) = 0;
  /// The whole reply to what is no request, or cannot be taken now; it says "Connection: close".
  /// `head`: as far as it could be read, with its target; null when not so far.
  virtual std::string Refuse(const FramingError& error, const Head* head,
                             const std::string& peer) = 0;
};

}  // namespace cairn::server
