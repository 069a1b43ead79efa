// SPDX-License-Identifier: Apache-2.0
#include "server/net/framing.h"

#include <algorithm>

#include "server/net/header_text.h"

namespace cairn::server {
namespace {

/// RFC 9110 token characters.
bool IsTokenByte(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenByte);
}

bool IsFieldByte(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

/// Whether a comma-separated list names `token`.
bool HasToken(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    if (EqualsIgnoringCase(TakeElement(',', &list), token)) return true;
  }
  return false;
}

/// The next line without its CRLF; false on a bare CR or LF.
bool TakeLine(std::string_view* bytes, std::string_view* line) {
  const size_t end = bytes->find('\n');
  if (end == std::string_view::npos || end == 0 || (*bytes)[end - 1] != '\r') return false;
  *line = bytes->substr(0, end - 1);
  bytes->remove_prefix(end + 1);
  return line->find('\r') == std::string_view::npos;
}

FramingError ParseRequestLine(std::string_view line, Head* head) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return {400, "malformed request line"};
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(method) || method.size() > 16) return {400, "malformed method"};
  if (target.size() > kTargetBytesMax) return {414, "request target too long"};
  const bool printable = std::all_of(target.begin(), target.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7F;
  });
  if (target.empty() || target[0] != '/' || !printable) return {400, "malformed request target"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return {505, "HTTP version not supported"};
  head->http_1_0 = version == "HTTP/1.0";
  head->method = method;
  head->target = target;
  return {};
}

FramingError ParseContentLength(std::string_view value, Head* head) {
  const bool digits =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (value.empty() || !digits || value.size() > 18) return {400, "Content-Length is not a number"};
  head->content_length = std::stoull(std::string(value));
  return {};
}

/// The headers that say where the body ends and whether another request follows.
FramingError ReadFraming(Head* head) {
  int hosts = 0;
  int lengths = 0;
  bool encoded = false;
  head->keep_alive = !head->http_1_0;
  for (const auto& [name, value] : head->headers) {
    if (EqualsIgnoringCase(name, "host")) {
      ++hosts;
    } else if (EqualsIgnoringCase(name, "content-length")) {
      ++lengths;
      if (FramingError error = ParseContentLength(value, head); error.status) return error;
    } else if (EqualsIgnoringCase(name, "transfer-encoding")) {
      if (encoded || !EqualsIgnoringCase(value, "chunked")) {
        return {400, "Transfer-Encoding is not exactly chunked"};
      }
      encoded = true;
    } else if (EqualsIgnoringCase(name, "connection")) {
      if (HasToken(value, "keep-alive")) head->keep_alive = true;
      if (HasToken(value, "close")) head->keep_alive = false;
    } else if (EqualsIgnoringCase(name, "expect")) {
      if (!EqualsIgnoringCase(value, "100-continue")) return {417, "unknown expectation"};
      head->expects_continue = true;
    } else if (EqualsIgnoringCase(name, "content-encoding")) {
      if (!EqualsIgnoringCase(value, "identity"))
        return {415, "encoded request bodies are not accepted"};
    }
  }
  if (hosts != 1) return {400, "exactly one Host header is required"};
  if (lengths > 1) return {400, "more than one Content-Length"};
  if (lengths && encoded) return {400, "Content-Length together with Transfer-Encoding"};
  if (encoded && head->http_1_0) return {400, "Transfer-Encoding in HTTP/1.0"};
  if ((head->method == "GET" || head->method == "HEAD") && (encoded || head->content_length > 0)) {
    return {400, "a body on GET or HEAD"};
  }
  head->chunked = encoded;
  return {};
}

}  // namespace

std::string_view Head::Find(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (EqualsIgnoringCase(key, name)) return value;
  }
  return {};
}

size_t FindHeadEnd(std::string_view bytes, size_t from) {
  const size_t end = bytes.find("\r\n\r\n", from > 3 ? from - 3 : 0);
  return end == std::string_view::npos ? end : end + 4;
}

FramingError CheckPartialHead(std::string_view bytes, size_t from) {
  if (!bytes.empty() && !IsTokenByte(bytes[0])) return {400, "malformed request line"};
  for (size_t at = bytes.find('\n', from); at != std::string_view::npos;
       at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return {400, "malformed line end"};
  }
  const size_t line = bytes.find("\r\n");
  if (line == std::string_view::npos || line + 2 <= from) return {};
  Head head;
  return ParseRequestLine(bytes.substr(0, line), &head);
}

FramingError ParseHead(std::string_view bytes, Head* head) {
  std::string_view line;
  if (!TakeLine(&bytes, &line)) return {400, "malformed line end"};
  if (FramingError error = ParseRequestLine(line, head); error.status) return error;
  head->headers.reserve(8);
  for (;;) {
    if (!TakeLine(&bytes, &line)) return {400, "malformed line end"};
    if (line.empty()) break;
    if (head->headers.size() == kHeadersMax) return {431, "too many headers"};
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) {
      return {400, "malformed header name"};
    }
    const std::string_view value = TrimSpace(line.substr(colon + 1));
    if (!std::all_of(value.begin(), value.end(), IsFieldByte))
      return {400, "malformed header value"};
    head->headers.emplace_back(line.substr(0, colon), value);
  }
  return ReadFraming(head);
}

FramingError ChunkedDecoder::FeedSize(char c) {
  int digit = -1;
  if (c >= '0' && c <= '9') digit = c - '0';
  if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
  if (digit >= 0) {
    if (++digits_ > 8) return {413, "chunk too large"};
    left_ = left_ * 16 + static_cast<uint64_t>(digit);
    return {};
  }
  if (c != '\r' || digits_ == 0) return {400, "malformed chunk size"};
  state_ = State::kSizeLf;
  return {};
}

FramingError ChunkedDecoder::Feed(std::string_view* input, std::string* body) {
  while (!input->empty() && state_ != State::kDone) {
    if (state_ == State::kData) {
      const size_t take = std::min<uint64_t>(left_, input->size());
      body->append(input->substr(0, take));
      input->remove_prefix(take);
      left_ -= take;
      if (left_ == 0) state_ = State::kDataCr;
      continue;
    }
    const char c = input->front();
    input->remove_prefix(1);
    if (state_ == State::kSize) {
      if (FramingError error = FeedSize(c); error.status) return error;
      continue;
    }
    const bool wants_lf =
        state_ == State::kSizeLf || state_ == State::kDataLf || state_ == State::kEndLf;
    if (c != (wants_lf ? '\n' : '\r')) return {400, "malformed chunk"};
    switch (state_) {
      case State::kSizeLf:
        if (left_ > bytes_max_ - std::min(bytes_max_, body->size())) return {413, "body too large"};
        state_ = left_ == 0 ? State::kEndCr : State::kData;
        break;
      case State::kDataCr:
        state_ = State::kDataLf;
        break;
      case State::kEndCr:
        state_ = State::kEndLf;
        break;
      case State::kEndLf:
        state_ = State::kDone;
        break;
      default:
        state_ = State::kSize;
        digits_ = 0;
        break;
    }
  }
  return {};
}

}  // namespace cairn::server
