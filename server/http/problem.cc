// SPDX-License-Identifier: Apache-2.0
#include "server/http/problem.h"

#include <charconv>

#include "server/net/header_text.h"

namespace cairn::server {
namespace {

/// A longer target is refused.
constexpr size_t kLocationBytesMax = 8 * 1024;

/// The number after `label` in a parse error's text, or -1: messages say "line L, column C, offset
/// O".
int64_t NumberAfter(std::string_view text, std::string_view label) {
  const size_t at = text.find(label);
  if (at == std::string_view::npos) return -1;
  int64_t number = -1;
  const char* begin = text.data() + at + label.size();
  std::from_chars(begin, text.data() + text.size(), number);
  return number;
}

void AppendMember(std::string_view name, std::string_view value, std::string* out) {
  out->append(out->back() == '{' ? "\"" : ",\"").append(name).append("\":");
  json::WriteString(value, out);
}

void AppendMember(std::string_view name, int64_t value, std::string* out) {
  out->append(out->back() == '{' ? "\"" : ",\"").append(name).append("\":");
  out->append(std::to_string(value));
}

void AppendPosition(std::string_view message, std::string* out) {
  const int64_t line = NumberAfter(message, "line ");
  const int64_t column = NumberAfter(message, "column ");
  const int64_t offset = NumberAfter(message, "offset ");
  if (line < 0 && offset < 0) return;
  out->append(",\"errors\":[{");
  AppendMember("detail", message, out);
  if (line >= 0) AppendMember("line", line, out);
  if (column >= 0) AppendMember("column", column, out);
  if (offset >= 0) AppendMember("offset", offset, out);
  out->append("}]");
}

struct Reason {
  int status;
  const char* text;
};
constexpr Reason kReasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {207, "Multi-Status"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

/// `code`: kOk when MongoDB has none for it.
Reply Problem(int http_status, ErrorCode code, const Status& status, const Request& request) {
  Reply reply;
  reply.status = http_status;
  reply.content_type = "application/problem+json";
  std::string& body = reply.body;
  body = "{";
  AppendMember("type", "about:blank", &body);
  AppendMember("title", ReasonOf(http_status), &body);
  AppendMember("status", http_status, &body);
  AppendMember("detail", status.message(), &body);
  AppendMember("instance", request.path, &body);
  if (code != ErrorCode::kOk) {
    AppendMember("code", static_cast<int64_t>(code), &body);
    AppendMember("codeName", ErrorName(code), &body);
  }
  AppendMember("requestId", request.id, &body);
  if (code == ErrorCode::kFailedToParse) AppendPosition(status.message(), &body);
  AppendDetails(status, &body);
  body += "}";
  return reply;
}

ErrorCode CodeOf(int http_status) {
  switch (http_status) {
    case 403:
      return ErrorCode::kUnauthorized;
    case 404:
      return ErrorCode::kRouteNotFound;
    case 405:
      return ErrorCode::kMethodNotAllowed;
    case 413:
      return ErrorCode::kPayloadTooLarge;
    case 415:
      return ErrorCode::kUnsupportedMediaType;
    case 400:
      return ErrorCode::kBadValue;
    default:
      return ErrorCode::kOk;
  }
}

}  // namespace

void AppendDetails(const Status& status, std::string* out) {
  if (status.details().empty()) return;
  for (const bson::Element& element : bson::View(status.details().data())) {
    if (element.name != "keyPattern" && element.name != "keyValue" && element.name != "errInfo") {
      continue;
    }
    out->append(",\"").append(element.name).append("\":");
    json::WriteValue(element.value, json::Format::kRelaxed, out);
  }
}

const char* ReasonOf(int http_status) {
  for (const Reason& reason : kReasons) {
    if (reason.status == http_status) return reason.text;
  }
  return http_status >= 500 ? "Internal Server Error" : "Error";
}

bool IsDataApi(std::string_view path) {
  return path.starts_with("/action/") || path.starts_with("/app/");
}

Reply DataApiError(int http_status, std::string_view message, std::string_view code) {
  Reply reply;
  reply.status = http_status;
  reply.body = "{";
  AppendMember("error", message, &reply.body);
  AppendMember("error_code", code, &reply.body);
  AppendMember("link", "https://www.mongodb.com/docs/manual/reference/error-codes/", &reply.body);
  reply.body += "}";
  return reply;
}

Reply DataApiError(const Status& status) {
  const int http_status = ErrorRow(status.code()).http_status;
  return DataApiError(http_status, status.message(),
                      http_status == 400 ? "InvalidParameter" : ErrorName(status.code()));
}

Reply ProblemReply(const Status& status, const Request& request) {
  if (IsDataApi(request.path)) return DataApiError(status);
  return Problem(ErrorRow(status.code()).http_status, status.code(), status, request);
}

Reply ProblemReply(int http_status, std::string_view detail, const Request& request) {
  if (IsDataApi(request.path)) return DataApiError(http_status, detail, "InvalidParameter");
  const ErrorCode code = CodeOf(http_status);
  return Problem(http_status, code, Status(ErrorCode::kBadValue, std::string(detail)), request);
}

void AppendLocation(std::string path, Reply* reply) {
  if (path.size() <= kLocationBytesMax) reply->headers.emplace_back("Location", std::move(path));
}

bool Accepts(const Request& request, std::string_view media_type) {
  const std::string_view accept = request.Header("Accept");
  if (accept.empty()) return false;
  const double quality = QualityOf(media_type, accept).value_or(0);
  const double any = QualityOf("*/*", accept).value_or(0);
  const double any_application = QualityOf("application/*", accept).value_or(any);
  return quality > 0 && quality >= QualityOf("application/json", accept).value_or(any_application);
}

json::Format AcceptedFormat(const Request& request, json::Format otherwise) {
  return Accepts(request, "application/ejson") ? json::Format::kCanonical : otherwise;
}

const char* ContentTypeOf(json::Format format) {
  return format == json::Format::kCanonical ? "application/ejson" : "application/json";
}

Reply DocumentReply(int http_status, bson::View document, json::Format format) {
  Reply reply;
  reply.status = http_status;
  reply.content_type = ContentTypeOf(format);
  json::Write(document, format, &reply.body);
  return reply;
}

}  // namespace cairn::server
