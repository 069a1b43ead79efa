// SPDX-License-Identifier: Apache-2.0
// Request targets: path segments and query parameters, percent-decoded one by one, so that an id
// may contain '/'. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"

namespace cairn::server {

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

/// Percent-decoded bytes. Error BadValue for a broken escape, NUL, or bytes that are not UTF-8.
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space);
/// `text` with everything but unreserved characters escaped.
std::string PercentEncode(std::string_view text);

/// "/v1/shop/a%2Fb" gives {"v1", "shop", "a%2Fb"}: still encoded, so that routes match on raw text.
std::vector<std::string_view> SplitPath(std::string_view path);
/// Decoded names and values of "a=1&b=2".
Result<QueryParameters> ParseQuery(std::string_view query);

/// Removes the '~' that lets a name or id begin with '_' or '~'.
std::string_view UnescapeSegment(std::string_view decoded);
/// The path segment of a name or id, escaped and encoded.
std::string EscapeSegment(std::string_view text);

/// "/v1/database/collection", escaped and encoded.
std::string CollectionPath(std::string_view database, std::string_view collection);
/// The path of a document; other types than ObjectId and string need an id_type.
std::string DocumentPath(std::string_view database, std::string_view collection, bson::Value id);

/// The _id in a URL as {"_id": value}: 24 hexadecimal digits mean an ObjectId, else a string,
/// unless `id_type` (oid, string, int, long, double, date, uuid, json) says otherwise. Error
/// BadValue.
Result<bson::Document> ParseId(std::string_view text, std::string_view id_type);

}  // namespace cairn::server
