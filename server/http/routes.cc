// SPDX-License-Identifier: Apache-2.0
#include "server/http/routes.h"

#include <algorithm>

#include "server/http/idempotency.h"
#include "server/http/problem.h"

namespace cairn::server {
namespace {

/// The patterns of Routes(), split.
const std::vector<std::vector<std::string_view>>& Patterns() {
  static const auto patterns = [] {
    std::vector<std::vector<std::string_view>> split;
    for (const RouteRow& row : Routes()) split.push_back(SplitPath(row.pattern));
    return split;
  }();
  return patterns;
}

/// Whether `segments` fit the row's pattern; the parts that stand for names go to `captures`, still
/// encoded.
bool Fits(size_t row, const std::vector<std::string_view>& segments,
          std::vector<std::string_view>* captures) {
  const std::vector<std::string_view>& parts = Patterns()[row];
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

Status ReadQuery(const RouteRow& row, std::string_view text, QueryParameters* query) {
  Result<QueryParameters> parsed = ParseQuery(text);
  if (!parsed.ok()) return std::move(parsed).status();
  for (auto& [name, value] : *parsed) {
    const auto is_it = [&name = name](const auto& known) { return known.name == name; };
    const auto known = std::find_if(row.parameters.begin(), row.parameters.end(), is_it);
    if (known == row.parameters.end()) {
      return Status(ErrorCode::kBadValue, "unknown query parameter '" + name + "'");
    }
    if (known->type == std::string_view("boolean") && value != "true" && value != "false") {
      return Status(ErrorCode::kBadValue, "query parameter '" + name + "' must be true or false");
    }
    for (const auto& [earlier, unused] : *query) {
      if (earlier != name) continue;
      return Status(ErrorCode::kBadValue, "query parameter '" + name + "' comes twice");
    }
    query->emplace_back(std::move(name), std::move(value));
  }
  return Status();
}

/// Names and query parameters of a request that fits the row.
Status Read(const RouteRow& row, const std::vector<std::string_view>& encoded, Call* call) {
  for (const std::string_view segment : encoded) {
    Result<std::string> decoded = PercentDecode(segment, false);
    if (!decoded.ok()) return std::move(decoded).status();
    call->names.emplace_back(UnescapeSegment(*decoded));
  }
  return ReadQuery(row, call->request.query, &call->query);
}

Reply Run(const RouteRow& row, const std::vector<std::string_view>& encoded, const Request& request,
          const Services& services) {
  Call call{request, services, {}, {}};
  const Status read = Read(row, encoded, &call);
  if (!read.ok()) return ProblemReply(read, request);
  if (services.idempotency == nullptr || request.method != "POST") return row.handler(call);
  return services.idempotency->Once(request, [&row, &call] { return row.handler(call); });
}

}  // namespace

std::optional<std::string_view> Call::Query(std::string_view name) const {
  for (const auto& [known, value] : query) {
    if (known == name) return value;
  }
  return std::nullopt;
}

Reply Route(const Request& request, const Services& services) {
  const std::vector<std::string_view> segments = SplitPath(request.path);
  std::vector<std::string_view> captures;
  for (size_t i = 0; i < Routes().size(); ++i) {
    const RouteRow& row = Routes()[i];
    if (request.method == row.method && Fits(i, segments, &captures)) {
      return Run(row, captures, request, services);
    }
  }
  std::string allowed;
  for (size_t i = 0; i < Routes().size(); ++i) {
    const RouteRow& row = Routes()[i];
    if (!Fits(i, segments, &captures)) continue;
    allowed += row.method;
    allowed += std::string_view(row.method) == "GET" ? ", HEAD, " : ", ";
  }
  if (allowed.empty()) return ProblemReply(404, "there is no such route; see GET /", request);
  allowed += "OPTIONS";
  Reply reply;
  if (request.method == "OPTIONS") {
    reply.status = 204;
  } else {
    reply = ProblemReply(405, "this route takes " + allowed, request);
  }
  reply.headers.emplace_back("Allow", allowed);
  return reply;
}

std::unique_ptr<Upload> OpenUpload(const Request& request, const Services& services) {
  const std::vector<std::string_view> segments = SplitPath(request.path);
  std::vector<std::string_view> captures;
  for (size_t i = 0; i < Routes().size(); ++i) {
    const RouteRow& row = Routes()[i];
    if (row.upload == nullptr || request.method != row.method) continue;
    if (!Fits(i, segments, &captures)) continue;
    Call call{request, services, {}, {}};
    if (Read(row, captures, &call).ok()) return row.upload(call);
  }
  return nullptr;
}

}  // namespace cairn::server
