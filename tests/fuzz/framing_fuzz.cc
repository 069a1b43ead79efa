// SPDX-License-Identifier: Apache-2.0
// Heads and chunked bodies: what is accepted is unambiguous, and does not depend on how the bytes
// were cut.
#include "server/net/framing.h"
#include "tests/fuzz/fuzz.h"

namespace cairn::server {
namespace {

void CheckHead(std::string_view bytes) {
  const size_t end = FindHeadEnd(bytes, 0);
  if (end == std::string_view::npos) {
    static_cast<void>(CheckPartialHead(bytes, 0));
    return;
  }
  Head head;
  if (ParseHead(bytes.substr(0, end), &head).status != 0) return;
  // What is refused early would have been refused in the end.
  for (size_t size = 1; size < end; ++size) {
    fuzz::Require(CheckPartialHead(bytes.substr(0, size), size - 1).status == 0);
  }
  fuzz::Require(head.headers.size() <= kHeadersMax && head.target.size() <= kTargetBytesMax);
  fuzz::Require(!head.chunked || head.content_length == 0);
  fuzz::Require(!head.Find("Host").empty() || head.Find("Host").data() != nullptr);
  std::string again =
      head.method + " " + head.target + (head.http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  for (const auto& [name, value] : head.headers) {
    fuzz::Require(name.find_first_of("\r\n: ") == std::string::npos);
    fuzz::Require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    again.append(name).append(": ").append(value).append("\r\n");
  }
  again += "\r\n";
  Head same;
  fuzz::Require(ParseHead(again, &same).status == 0);
  fuzz::Require(same.headers == head.headers && same.chunked == head.chunked &&
                same.content_length == head.content_length && same.keep_alive == head.keep_alive);
}

void CheckChunks(std::string_view bytes) {
  constexpr size_t kBodyMax = 1000;
  ChunkedDecoder whole(kBodyMax);
  std::string body;
  std::string_view rest = bytes;
  const int status = whole.Feed(&rest, &body).status;
  fuzz::Require(body.size() <= kBodyMax);
  ChunkedDecoder pieces(kBodyMax);
  std::string same;
  size_t at = 0;
  int same_status = 0;
  while (at < bytes.size() && !pieces.done() && same_status == 0) {
    std::string_view piece = bytes.substr(at, 1);
    same_status = pieces.Feed(&piece, &same).status;
    at += 1 - piece.size();
  }
  fuzz::Require(status == same_status && whole.done() == pieces.done() && body == same);
  if (status == 0) fuzz::Require(at == bytes.size() - rest.size());
}

}  // namespace
}  // namespace cairn::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  cairn::server::CheckHead(bytes);
  cairn::server::CheckChunks(bytes);
  return 0;
}
