// SPDX-License-Identifier: Apache-2.0
// Finding documents: GET of a collection and POST …/_find, in pages with cursors or as lines.
// Any thread.
#pragma once

#include "server/http/routes.h"

namespace cairn::server {

/// Documents on a page, when the request does not say.
inline constexpr int64_t kPageDocuments = 100;
inline constexpr int64_t kPageDocumentsMax = 10'000;

/// The query parameters of GET /v1/{database}/{collection}.
inline constexpr QueryParameter kFindParameters[] = {
    {"filter", "json", "Which documents; all when it is not given"},
    {"projection", "json", "Which fields of them"},
    {"sort", "json", "Their order; by _id when it is not given"},
    {"limit", "integer", "Documents on a page: 100, at most 10,000; of lines: all"},
    {"skip", "integer", "Documents to leave out before the first page"},
    {"hint", "string or json", "The index to use: its name or its keys"},
    {"collation", "json", "How strings compare"},
    {"max_time_ms", "integer", "When to give up"},
    {"count", "boolean", "Also how many documents match"},
    {"cursor", "string", "Where to go on: from the page before"},
};

/// GET /v1/{database}/{collection}
Reply HandleFindByQuery(const Call& call);
/// POST /v1/{database}/{collection}/_find
Reply HandleFind(const Call& call);

}  // namespace cairn::server
