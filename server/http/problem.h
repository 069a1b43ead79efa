// SPDX-License-Identifier: Apache-2.0
// Replies that several handlers give: errors as problem documents (RFC 9457), or as the Data API's
// where the request is for that, and BSON as JSON.
// Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "cairn/json.h"
#include "cairn/status.h"
#include "server/http/request.h"

namespace cairn::server {

/// application/problem+json with type, title, status, detail, instance, code, codeName and
/// requestId; errors[] has line, column and offset when the message of a parse error names them.
Reply ProblemReply(const Status& status, const Request& request);
/// The same for a refusal that has no error code of its own, such as 404 for a route.
Reply ProblemReply(int http_status, std::string_view detail, const Request& request);

/// Adds keyPattern and keyValue of a duplicate, errInfo of a validator's refusal to an open object
/// of JSON that has members.
void AppendDetails(const Status& status, std::string* out);

/// The words for an HTTP status.
const char* ReasonOf(int http_status);

/// The header that carries a new resource's path; longer ones are left out, as nobody could ask for
/// them.
void AppendLocation(std::string path, Reply* reply);

/// Whether errors of this path are the Data API's.
bool IsDataApi(std::string_view path);
/// {"error", "error_code", "link"}, as the Data API answers.
Reply DataApiError(int http_status, std::string_view message, std::string_view code);
/// error_code is InvalidParameter where the request is wrong, else the error's name.
Reply DataApiError(const Status& status);

/// A document lies two levels deep in the command that inserts it.
inline constexpr json::ParseLimits kCommandLimits = {.depth_max = bson::kMaxDepth + 2};

/// Whether the Accept header names `media_type`, and likes it no less than application/json.
bool Accepts(const Request& request, std::string_view media_type);
/// Canonical Extended JSON when the request accepts application/ejson, else `otherwise`.
json::Format AcceptedFormat(const Request& request, json::Format otherwise);
/// `document` as the body, with the content type of `format`.
Reply DocumentReply(int http_status, bson::View document, json::Format format);
/// "application/ejson" for canonical Extended JSON, else "application/json".
const char* ContentTypeOf(json::Format format);

}  // namespace cairn::server
