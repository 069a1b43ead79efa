// SPDX-License-Identifier: Apache-2.0
// Writes a Reply as bytes of HTTP/1.1. Pure functions, any thread.
//
//   reply := "HTTP/1.1" SP status SP reason CRLF *(name ": " value CRLF) CRLF [body]
#pragma once

#include <string>

#include "server/http/request.h"
#include "server/net/sink.h"

namespace cairn::server {

struct ReplyForm {
  bool head_only = false;  ///< Of a HEAD request: everything but the body.
  bool keep_alive = true;  ///< Whether another request may follow.
  /// Its client knows no chunks: a source ends with the connection. It is told when that is kept.
  bool http_1_0 = false;
};

/// Takes body and source out of `reply`. Headers that would break its head are left out.
Answer WriteReply(const Request& request, const ReplyForm& form, Reply* reply);

}  // namespace cairn::server
