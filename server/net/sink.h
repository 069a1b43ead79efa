// SPDX-License-Identifier: Apache-2.0
// A body that is taken while it arrives, so that it may be of any length. Belongs to one thread at
// a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/work_memory.h"
#include "server/net/source.h"

namespace cairn::server {

/// What is sent: bytes, and behind them what the source gives.
struct Answer {
  std::string bytes;  ///< Status line, head and body; without a body before a source.
  std::unique_ptr<Source> source;
  /// The head must have said "Transfer-Encoding: chunked". False, for HTTP/1.0: what the source
  /// gives is sent as it is, and the end of the connection is its end.
  bool chunked = true;
  std::shared_ptr<void> of = nullptr;  ///< Freed when it is sent.
  /// Of the bytes and what the source holds, until they are sent.
  MemoryShare memory{MemoryShare::Use::kPassing};
};

/// Takes the answer of one request, once, from any thread; never blocks.
using Completion = std::function<void(Answer)>;

/// Pushed with what the socket gives. A client that breaks off, is too slow or frames its body
/// wrongly ends in the destructor, without Finish: what was pushed before stays done.
class Sink {
 public:
  virtual ~Sink() = default;
  /// The next bytes, cut anywhere, never empty, at most 256 KB. Called on a worker, which it
  /// may keep busy, but not waiting for a client or a sync: the socket is not read meanwhile, which
  /// slows the client down. False: enough; Finish comes next, and the connection ends with its
  /// answer.
  virtual bool Push(std::string_view bytes) = 0;
  /// The body is whole, or Push had enough. Called once, on a worker, under the rule of Push.
  /// `done` is called exactly once, here or later; the sink lives until then. `keep_alive`: whether
  /// the answer may say that the connection goes on.
  virtual void Finish(bool keep_alive, Completion done) = 0;
};

}  // namespace cairn::server
