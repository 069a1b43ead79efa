// SPDX-License-Identifier: Apache-2.0
// Clients over blocking sockets, and what finds the end of a reply. Each belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::bench {

/// A connected socket to this machine's `port`, without delay; -1 when it was refused.
/// `receive_bytes`: of the socket's buffer, 0 for the system's choice.
int Connect(int port, int receive_bytes = 0);

/// Bytes of a whole reply with a Content-Length at the begin of `bytes`; 0: it is not all there.
size_t ReplyBytes(std::string_view bytes);

struct ClientReply {
  int status = 0;  ///< 0: the connection ended before the reply did.
  std::string head;
  std::string body;
};

/// One connection.
class Client {
 public:
  explicit Client(int port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends the request and reads its reply, which has a Content-Length.
  ClientReply Ask(std::string_view request);

 private:
  const int socket_;
  std::string in_;
};

/// Milliseconds from before a new connection to the end of its reply of status 200; the program
/// ends when another reply comes.
double AskAsNewcomer(int port, std::string_view request);

/// Follows the chunks of a reply without keeping them.
class ChunkReader {
 public:
  enum class End { kNone, kWhole, kBroken };
  void Feed(std::string_view bytes);
  /// kWhole: the last chunk has come. kBroken: these are no chunks.
  End end() const { return end_; }
  /// Of the body.
  int64_t lines() const { return lines_; }

 private:
  enum class State { kHead, kSize, kData, kDataEnd, kLast };
  State state_ = State::kHead;
  std::string line_;
  uint64_t left_ = 0;
  int64_t lines_ = 0;
  End end_ = End::kNone;
};

}  // namespace cairn::bench
