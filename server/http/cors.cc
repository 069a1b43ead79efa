// SPDX-License-Identifier: Apache-2.0
#include "server/http/cors.h"

#include <algorithm>

namespace cairn::server {
namespace {

constexpr char kMethods[] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr char kRequestHeaders[] =
    "Accept, Access-Control-Request-Headers, Authorization, Content-Type, Endpoint-Signature, "
    "Idempotency-Key, If-Match, If-None-Match, Prefer, X-Request-Id, api-key, apiKey, email, "
    "jwtTokenString, password";
constexpr char kReplyHeaders[] =
    "Cairn-Durability, Cairn-Failed, Cairn-Inserted, ETag, Idempotency-Replayed, Link, Location, "
    "Preference-Applied, Retry-After, X-Request-Id";
constexpr char kMaxAgeSeconds[] = "600";

}  // namespace

bool IsAllowedOrigin(std::string_view origin, const std::vector<std::string>& origins) {
  return std::any_of(origins.begin(), origins.end(), [origin](const std::string& allowed) {
    return allowed == "*" || allowed == origin;
  });
}

std::optional<Reply> AnswerPreflight(const Request& request,
                                     const std::vector<std::string>& origins) {
  const std::string_view origin = request.Header("Origin");
  if (request.method != "OPTIONS" || origin.empty() || !IsAllowedOrigin(origin, origins) ||
      request.Header("Access-Control-Request-Method").empty()) {
    return std::nullopt;
  }
  Reply reply;
  reply.status = 204;
  reply.headers = {{"Access-Control-Allow-Methods", kMethods},
                   {"Access-Control-Allow-Headers", kRequestHeaders},
                   {"Access-Control-Max-Age", kMaxAgeSeconds}};
  return reply;
}

void AddCorsHeaders(const Request& request, const std::vector<std::string>& origins, Reply* reply) {
  if (origins.empty()) return;
  reply->headers.emplace_back("Vary", "Origin");
  const std::string_view origin = request.Header("Origin");
  if (origin.empty() || !IsAllowedOrigin(origin, origins)) return;
  reply->headers.emplace_back("Access-Control-Allow-Origin", origin);
  reply->headers.emplace_back("Access-Control-Expose-Headers", kReplyHeaders);
}

}  // namespace cairn::server
