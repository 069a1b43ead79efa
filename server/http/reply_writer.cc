// SPDX-License-Identifier: Apache-2.0
#include "server/http/reply_writer.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string_view>

#include "server/http/problem.h"
#include "server/net/connection.h"

namespace cairn::server {
namespace {

constexpr size_t kHeadBytes = 512;  // Most heads are shorter.
constexpr int64_t kMsPerSecond = 1000;
constexpr int kTooManyRequests = 429;
constexpr int kUnavailable = 503;

bool EndsWithHead(int status) { return status == 204 || status == 304; }

void AppendNumber(uint64_t number, std::string* out) {
  char digits[20];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof(digits), number);
  out->append(digits, end.ptr);
}

void AppendHeader(std::string_view name, std::string_view value, std::string* out) {
  const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  if (std::any_of(value.begin(), value.end(), breaks)) return;
  out->append(name).append(": ").append(value).append("\r\n");
}

// "Date: Sun, 06 Nov 1994 08:49:37 GMT" and the line's end; made once a second.
std::string_view DateHeader() {
  static thread_local std::time_t second = 0;
  static thread_local char text[48];
  static thread_local size_t length = 0;
  const std::time_t now = std::time(nullptr);
  if (now != second) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    length = std::strftime(text, sizeof(text), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    second = now;
  }
  return {text, length};
}

}  // namespace

Answer WriteReply(const Request& request, const ReplyForm& form, Reply* reply) {
  Answer answer;
  std::string& out = answer.bytes;
  const bool has_body = !EndsWithHead(reply->status);
  const bool streams = has_body && reply->source != nullptr;
  out.reserve(kHeadBytes + (form.head_only ? 0 : reply->body.size()));
  out.append("HTTP/1.1 ");
  AppendNumber(static_cast<uint64_t>(reply->status), &out);
  out.append(" ").append(ReasonOf(reply->status)).append("\r\n");
  if (has_body) AppendHeader("Content-Type", reply->content_type, &out);
  if (streams && !form.http_1_0) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (has_body && !streams) {
    out.append("Content-Length: ");
    AppendNumber(reply->body.size(), &out);
    out.append("\r\n");
  }
  for (const auto& [name, value] : reply->headers) AppendHeader(name, value, &out);
  if (reply->status == kTooManyRequests || reply->status == kUnavailable) {
    out.append("Retry-After: 1\r\n");
  }
  out.append(DateHeader());
  AppendHeader("X-Request-Id", request.id, &out);
  out.append("X-Content-Type-Options: nosniff\r\n");
  if (!form.keep_alive || (streams && form.http_1_0)) {
    out.append("Connection: close\r\n\r\n");
  } else {
    if (form.http_1_0) out.append("Connection: keep-alive\r\n");
    out.append("Keep-Alive: timeout=");
    AppendNumber(static_cast<uint64_t>(ConnectionLimits().idle_ms / kMsPerSecond), &out);
    out.append("\r\n\r\n");
  }
  if (form.head_only || !has_body) return answer;
  if (streams) {
    answer.source = std::move(reply->source);
    answer.chunked = !form.http_1_0;
  } else {
    out.append(reply->body);
  }
  return answer;
}

}  // namespace cairn::server
