// SPDX-License-Identifier: Apache-2.0
// What handlers see of HTTP: our own request and reply, whoever reads the socket.
// Plain values. A handler may run on any worker thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/options.h"
#include "cairn/status.h"
#include "cairn/work_memory.h"
#include "server/net/source.h"

namespace cairn::server {

/// One request, read whole and within its limits.
struct Request {
  std::string method;
  std::string path;   ///< The raw path, still percent-encoded.
  std::string query;  ///< What follows '?', still encoded.
  std::vector<std::pair<std::string, std::string>> headers;  ///< In order, names as sent.
  std::string body;
  std::string peer;                  ///< The socket's address, never a header's.
  std::stop_token client_gone = {};  ///< Of one who will not come back for the reply.
  std::string id;  ///< X-Request-Id: the client's when acceptable, else made here.
  /// Of the reply while it is made. Borrowed; null: nobody counts.
  MemoryShare* memory = nullptr;

  /// The first header of that name (any case), or empty.
  std::string_view Header(std::string_view name) const;
  /// Whether there is one, be it empty.
  bool HasHeader(std::string_view name) const;
};

/// One reply: bytes, bytes held until a commit is durable, or a Source.
struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  CommitNumber held_for = 0;  ///< Not to be sent before this commit is durable; 0: at once.
  std::function<Reply(const Status&)>
      if_not_durable;              ///< What is sent instead when its sync failed.
  std::unique_ptr<Source> source;  ///< Instead of body.
  /// The body of this reply where it is given again and has no source any more. None: it cannot be
  /// given without.
  std::optional<std::string> without_source;
};

/// A body that its handler takes while it arrives, of any length, instead of Request::body. Belongs
/// to one thread at a time. When the client breaks off it is destroyed without Finish; what was
/// done stays done.
class Upload {
 public:
  virtual ~Upload() = default;
  /// The next bytes, cut anywhere, never empty, at most 256 KB. May take its time, during which
  /// the client is slowed down, but waits for no sync. False: enough; Finish comes next, and the
  /// rest of the body is not read.
  virtual bool Push(std::string_view bytes) = 0;
  /// The reply to all of it. Commits become durable in their order, so it is held for the last one.
  virtual Reply Finish() = 0;
};

}  // namespace cairn::server
