// SPDX-License-Identifier: Apache-2.0
#include "server/http/routes.h"

#include "server/http/data_api.h"
#include "server/http/operations.h"
#include "server/http/problem.h"
#include "server/http/resources.h"
#include "server/http/target.h"

namespace cairn::server {
namespace {

constexpr RouteRow kRoutes[] = {
    {"GET", "/", HandleIndex, "What this server offers, for people"},
    {"POST", "/action/{action}", HandleDataApi, "Data API action"},
    {"POST", "/app/{app}/endpoint/data/beta/action/{action}", HandleDataApi, "Data API action"},
    {"POST", "/app/{app}/endpoint/data/v1/action/{action}", HandleDataApi, "Data API action"},
    {"GET", "/healthz", HandleHealth, "Whether the process serves requests"},
    {"POST", "/v1/{database}/_command", HandleCommand, "Any command in Extended JSON"},
    {"POST", "/v1/{database}/{collection}", HandleInsert, "Insert a document, an array or NDJSON"},
    {"GET", "/v1/{database}/{collection}/{id}", HandleGetDocument, "One document by _id"},
    {"GET", "/version", HandleVersion, "The server's version"},
};

/// Whether `segments` fit the pattern; the parts that stand for names go to `captures`, still
/// encoded.
bool Fits(const RouteRow& row, const std::vector<std::string_view>& segments,
          std::vector<std::string_view>* captures) {
  const std::vector<std::string_view> parts = SplitPath(row.pattern);
  if (parts.size() != segments.size()) return false;
  captures->clear();
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool is_name = !parts[i].empty() && parts[i][0] == '{';
    if (!is_name && parts[i] != segments[i]) return false;
    if (!is_name) continue;
    if (segments[i].empty() || segments[i][0] == '_') return false;
    captures->push_back(segments[i]);
  }
  return true;
}

Status Decode(const std::vector<std::string_view>& encoded, Call* call) {
  for (const std::string_view segment : encoded) {
    Result<std::string> decoded = PercentDecode(segment, false);
    if (!decoded.ok()) return decoded.status();
    call->captures.push_back(std::move(decoded).value());
  }
  return Status();
}

Reply Run(const RouteRow& row, const std::vector<std::string_view>& encoded, const Request& request,
          const Services& services) {
  Call call{request, services, {}};
  const Status decoded = Decode(encoded, &call);
  return decoded.ok() ? row.handler(call) : ProblemReply(decoded, request);
}

}  // namespace

std::span<const RouteRow> Routes() { return kRoutes; }

Reply Route(const Request& request, const Services& services) {
  const std::vector<std::string_view> segments = SplitPath(request.path);
  std::vector<std::string_view> captures;
  std::string allowed;
  for (const RouteRow& row : kRoutes) {
    if (!Fits(row, segments, &captures)) continue;
    if (request.method == row.method) return Run(row, captures, request, services);
    allowed += (allowed.empty() ? "" : ", ") + std::string(row.method);
  }
  if (allowed.empty()) return ProblemReply(404, "there is no such route; see GET /", request);
  Reply reply = ProblemReply(405, "this route takes " + allowed, request);
  reply.headers.emplace_back("Allow", allowed);
  return reply;
}

std::unique_ptr<Upload> OpenUpload(const Request& request, const Services& services) {
  const std::vector<std::string_view> segments = SplitPath(request.path);
  std::vector<std::string_view> captures;
  for (const RouteRow& row : kRoutes) {
    if (row.upload == nullptr || request.method != row.method) continue;
    if (!Fits(row, segments, &captures)) continue;
    Call call{request, services, {}};
    if (Decode(captures, &call).ok()) return row.upload(call);
  }
  return nullptr;
}

}  // namespace cairn::server
