// SPDX-License-Identifier: Apache-2.0
// Replies in gzip and brotli (RFC 9110, 8.4 and 12.5.3), for those who ask and where it pays. Pure
// functions; any thread.
//
// An entity tag is that of certain bytes, so a compressed reply has a tag of its own: the plain
// one's with "-gzip" or "-br" at its end. Handlers know plain tags only.
#pragma once

#include <string>
#include <string_view>

#include "server/http/request.h"

namespace cairn::server {

enum class Coding { kIdentity, kGzip, kBrotli };

/// What `accept_encoding` likes best of what there is; brotli before gzip where both are liked the
/// same. What is not acceptable at all is answered with kIdentity, too.
Coding PreferredCoding(std::string_view accept_encoding);

/// Smaller bodies would hardly shrink.
inline constexpr size_t kCompressedBytesMin = 1024;
/// Larger ones are compressed while they are sent.
inline constexpr size_t kCompressedAtOnceBytesMax = size_t{256} << 10;

/// Turns the tags that `request` names into plain ones; whether there were others.
bool MakeEntityTagsPlain(Request* request);

/// Compresses the body or source of `reply` as `request` likes it, and says so in its headers.
/// `coded_tags`: what MakeEntityTagsPlain said.
void CompressReply(const Request& request, bool coded_tags, Reply* reply);

}  // namespace cairn::server
