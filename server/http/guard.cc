// SPDX-License-Identifier: Apache-2.0
#include "server/http/guard.h"

#include <algorithm>

#include "cairn/bson.h"
#include "server/http/cors.h"
#include "server/http/problem.h"
#include "server/net/header_text.h"

namespace cairn::server {
namespace {

/// "host:port" without the port; brackets of an IPv6 address stay. What is no port stays, too.
std::string_view WithoutPort(std::string_view host) {
  const size_t bracket = host.rfind(']');
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos) return host;
  if (bracket != std::string_view::npos && colon < bracket) return host;
  const std::string_view port = host.substr(colon + 1);
  if (!std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return host;
  }
  return host.substr(0, colon);
}

bool IsAllowedHost(std::string_view host, const std::vector<std::string>& allowed_hosts) {
  const std::string_view name = WithoutPort(host);
  for (const char* loopback : {"localhost", "127.0.0.1", "[::1]"}) {
    if (EqualsIgnoringCase(name, loopback)) return true;
  }
  return std::any_of(
      allowed_hosts.begin(), allowed_hosts.end(),
      [name](const std::string& allowed) { return EqualsIgnoringCase(name, allowed); });
}

bool IsJsonType(std::string_view content_type) {
  const std::string_view type = MediaTypeOf(content_type);
  for (const char* known : {"application/json", "application/ejson", "application/x-ndjson"}) {
    if (EqualsIgnoringCase(type, known)) return true;
  }
  return false;
}

/// Whether there is a header that the Data API's clients say who they are with.
bool HasCredentials(const Request& request) {
  for (const char* name : {"apiKey", "api-key", "Authorization", "email", "jwtTokenString"}) {
    if (!request.Header(name).empty()) return true;
  }
  return false;
}

/// Whether a page could not have sent the request without asking first: it reads, or it has a
/// method, a type or a header that pages may not use on their own.
bool IsSafeFromPages(const Request& request) {
  if (request.method != "POST" && request.method != "PUT" && request.method != "PATCH") return true;
  const std::string_view type = request.Header("Content-Type");
  if (IsJsonType(type)) return true;
  if (request.method != "POST") return type.empty() && request.body.empty();
  // The Data API's manual has examples in which curl, not told otherwise, says that it is a form.
  return IsDataApi(request.path) && HasCredentials(request);
}

}  // namespace

std::optional<Reply> Refusal(const Request& request, const Guard& guard) {
  const std::string_view host = request.Header("Host");
  if (!IsAllowedHost(host, guard.hosts)) {
    return ProblemReply(403, "this server does not answer to the Host of the request", request);
  }
  const std::string_view origin = request.Header("Origin");
  if (!origin.empty() && !IsAllowedOrigin(origin, guard.origins)) {
    const size_t scheme = origin.find("://");
    const bool own =
        scheme != std::string_view::npos && EqualsIgnoringCase(origin.substr(scheme + 3), host);
    if (!own) {
      return ProblemReply(403, "requests from pages of another Origin are refused", request);
    }
  }
  if (IsSafeFromPages(request)) return std::nullopt;
  return ProblemReply(
      415, "the Content-Type must be application/json, application/ejson or application/x-ndjson",
      request);
}

std::string RequestId(std::string_view offered) {
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  };
  if (!offered.empty() && offered.size() <= 128 &&
      std::all_of(offered.begin(), offered.end(), is_plain)) {
    return std::string(offered);
  }
  return bson::ObjectId::Generate().ToHex();
}

}  // namespace cairn::server
