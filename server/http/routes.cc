// SPDX-License-Identifier: Apache-2.0
#include "server/http/routes.h"

#include <algorithm>

#include "server/http/idempotency.h"
#include "server/http/problem.h"

namespace cairn::server {
namespace {

/// A row of Routes() with its pattern split.
struct SplitRow {
  const RouteRow* row;
  std::string_view method;
  std::vector<std::string_view> parts;
};

const std::vector<SplitRow>& SplitRows() {
  static const auto rows = [] {
    std::vector<SplitRow> split;
    for (const RouteRow& row : Routes()) {
      split.push_back({&row, row.method, SplitPath(row.pattern)});
    }
    return split;
  }();
  return rows;
}

/// Whether `segments` fit the row's pattern; the parts that stand for names go to `captures`, still
/// encoded.
bool Fits(const SplitRow& row, const std::vector<std::string_view>& segments,
          std::vector<std::string_view>* captures) {
  const std::vector<std::string_view>& parts = row.parts;
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

/// The row for the request's method and path, or null.
const SplitRow* Find(const Request& request, const std::vector<std::string_view>& segments,
                     std::vector<std::string_view>* captures) {
  captures->reserve(segments.size());
  for (const SplitRow& each : SplitRows()) {
    if (request.method == each.method && Fits(each, segments, captures)) return &each;
  }
  return nullptr;
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
  call->names.reserve(encoded.size());
  for (const std::string_view segment : encoded) {
    Result<std::string> decoded = PercentDecode(segment, false);
    if (!decoded.ok()) return std::move(decoded).status();
    call->names.emplace_back(UnescapeSegment(*decoded));
  }
  return ReadQuery(row, call->request.query, &call->query);
}

/// Whether a request would pass over a condition: only documents have tags.
std::optional<Reply> RefuseConditions(const RouteRow& row, const Request& request) {
  if (request.method == "GET" || row.Has(kTagged)) return std::nullopt;
  if (request.HasHeader("If-Match")) {
    return ProblemReply(412, "If-Match names the ETag of a document; there is none here", request);
  }
  if (request.HasHeader("If-None-Match")) {
    return ProblemReply(400, "If-None-Match is for the PUT of a document", request);
  }
  return std::nullopt;
}

Reply Run(const RouteRow& row, const std::vector<std::string_view>& encoded, const Request& request,
          const Services& services) {
  Call call{request, services, {}, {}};
  const Status read = Read(row, encoded, &call);
  if (!read.ok()) return ProblemReply(read, request);
  if (std::optional<Reply> refusal = RefuseConditions(row, request)) return std::move(*refusal);
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
  const SplitRow* const found = Find(request, segments, &captures);
  if (found != nullptr) return Run(*found->row, captures, request, services);
  std::string allowed;
  for (const SplitRow& each : SplitRows()) {
    if (!Fits(each, segments, &captures)) continue;
    allowed += each.method;
    allowed += each.method == "GET" ? ", HEAD, " : ", ";
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

bool HasRoute(const Request& request) {
  std::vector<std::string_view> captures;
  return Find(request, SplitPath(request.path), &captures) != nullptr;
}

std::optional<SingleInsert> ReadSingleInsert(const Request& request, const Services& services) {
  if (request.method != "POST") return std::nullopt;
  const std::vector<std::string_view> segments = SplitPath(request.path);
  std::vector<std::string_view> captures;
  captures.reserve(segments.size());
  for (const SplitRow& each : SplitRows()) {
    if (each.row->single_insert == nullptr || !Fits(each, segments, &captures)) continue;
    Call call{request, services, {}, {}};
    if (RefuseConditions(*each.row, request)) return std::nullopt;
    if (Read(*each.row, captures, &call).ok()) return each.row->single_insert(call);
  }
  return std::nullopt;
}

std::unique_ptr<Upload> OpenUpload(const Request& request, const Services& services) {
  const std::vector<std::string_view> segments = SplitPath(request.path);
  std::vector<std::string_view> captures;
  for (const SplitRow& each : SplitRows()) {
    if (each.row->upload == nullptr || request.method != each.method) continue;
    if (!Fits(each, segments, &captures)) continue;
    Call call{request, services, {}, {}};
    if (RefuseConditions(*each.row, request)) return nullptr;
    if (Read(*each.row, captures, &call).ok()) return each.row->upload(call);
  }
  return nullptr;
}

}  // namespace cairn::server
