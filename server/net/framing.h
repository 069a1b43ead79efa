// SPDX-License-Identifier: Apache-2.0
// Finds where an HTTP/1.1 request ends, and refuses every request whose end two parsers could see
// in two places. Pure functions over bytes: no sockets, no threads.
//
//   head := request line CRLF, *(name ":" value CRLF), CRLF
//   body := content-length bytes, or chunks: *(hex size CRLF, bytes, CRLF), "0" CRLF, CRLF
//
// Refused: bare CR or LF, obsolete line folding, space before the colon, Content-Length together
// with Transfer-Encoding, more than one Content-Length, one that is not all digits, a
// Transfer-Encoding other than exactly "chunked", a missing or second Host, a body on GET or HEAD,
// trailers, chunk extensions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::server {

inline constexpr size_t kHeadBytesMax = 32 * 1024;
inline constexpr size_t kHeadersMax = 100;
inline constexpr size_t kTargetBytesMax = 8 * 1024;

/// A request's head, taken apart. Owns its text.
struct Head {
  std::string method;
  std::string target;  ///< As sent, still encoded.
  std::vector<std::pair<std::string, std::string>> headers;
  bool http_1_0 = false;
  bool keep_alive = true;
  bool expects_continue = false;
  bool chunked = false;
  uint64_t content_length = 0;

  /// First header of that name in any case, or empty.
  std::string_view Find(std::string_view name) const;
};

/// Why a request is refused: the status to answer with before the connection is closed.
struct FramingError {
  int status = 0;  ///< 0: no error.
  const char* reason = "";
};

/// Offset just past the blank line that ends the head, or npos. Looks at bytes from `from` on
/// (where an earlier search ended).
size_t FindHeadEnd(std::string_view bytes, size_t from);

/// What can be refused before a head is whole: a first line that begins no request, and bare line
/// feeds.
/// Looks at bytes from `from` on.
FramingError CheckPartialHead(std::string_view bytes, size_t from);

/// Parses exactly the head (the blank line included).
FramingError ParseHead(std::string_view bytes, Head* head);

/// Takes chunked bytes in pieces and gives the body.
class ChunkedDecoder {
 public:
  /// Bodies longer than `bytes_max` end in 413.
  explicit ChunkedDecoder(size_t bytes_max) : bytes_max_(bytes_max) {}
  /// Consumes from `input` (advancing it) and appends to `body`. Stops at the end of the body.
  FramingError Feed(std::string_view* input, std::string* body);
  bool done() const { return state_ == State::kDone; }

 private:
  enum class State { kSize, kSizeLf, kData, kDataCr, kDataLf, kEndCr, kEndLf, kDone };
  FramingError FeedSize(char c);

  size_t bytes_max_;
  State state_ = State::kSize;
  uint64_t left_ = 0;
  int digits_ = 0;
};

}  // namespace cairn::server
