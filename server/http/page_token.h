// SPDX-License-Identifier: Apache-2.0
// Opaque cursors of pages: where a query's next page begins. They hold positions alone, so the
// server keeps nothing between two pages, and whoever makes one up gets documents that the same
// query would give anyway.
//
//   token := base64url(query hash (8 bytes), documents before it (8 bytes, big-endian), key)
//   key := empty, or a BSON document (keyset.h)
//
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::server {

struct PageToken {
  uint64_t query = 0;   ///< Hash of the query that it belongs to.
  uint64_t before = 0;  ///< Documents on the pages before.
  bson::Document key;   ///< What the last of them sorts by; empty: they have to be skipped.
};

/// A longer key does not fit into a URL.
inline constexpr size_t kKeyBytesMax = 3000;
inline constexpr uint64_t kDocumentsBeforeMax = uint64_t{1} << 53;

std::string EncodePageToken(const PageToken& token);
/// Error BadValue for what EncodePageToken does not make.
Result<PageToken> DecodePageToken(std::string_view text);

/// A hash of the parts, each with its length.
uint64_t HashQuery(std::initializer_list<std::string_view> parts);

}  // namespace cairn::server
