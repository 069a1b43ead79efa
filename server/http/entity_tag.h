// SPDX-License-Identifier: Apache-2.0
// Entity tags of documents: "hash" of relaxed Extended JSON, "hash.ejson" of canonical, where hash
// says which bytes of BSON the document is. If-Match and If-None-Match ask for them. Pure; any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/json.h"
#include "server/http/request.h"

namespace cairn::server {

/// The strong tag of a document written in `format`, with its quotes.
std::string EntityTag(bson::View document, json::Format format);

/// The document in the format that the request accepts, with its tag, which is its first header.
Reply TaggedReply(const Request& request, int status, bson::View document);

/// What a request asks about the document as it is.
struct Preconditions {
  std::string_view if_match;       ///< Empty: nothing. Borrowed from the request.
  std::string_view if_none_match;  ///< The same.
};
Preconditions PreconditionsOf(const Request& request);

/// Whether `header`, an If-Match, is "*" or has the hash of `tag`: any representation of the
/// document will do. Weak tags never match.
bool MatchesStrongly(std::string_view header, std::string_view tag);
/// Whether `header`, an If-None-Match, is "*" or has `tag`, which may be marked as weak or as
/// compressed there.
bool MatchesWeakly(std::string_view header, std::string_view tag);

}  // namespace cairn::server
