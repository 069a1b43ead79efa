// SPDX-License-Identifier: Apache-2.0
// The bytes of one connection over a non-blocking socket: as they are, or in TLS. Belongs to one
// thread at a time; borrows the socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace cairn::server {

/// What came of an attempt.
struct Io {
  enum class State { kDone, kAgain, kEnd, kBroken };
  State state = State::kBroken;
  size_t bytes = 0;     ///< kDone: so many, at least one.
  uint32_t events = 0;  ///< kAgain: what to wait for (EPOLLIN or EPOLLOUT) before the next attempt.
  bool drained = false;  ///< kDone, of Receive: the socket held no more than that.
};

inline constexpr size_t kReceiveBytesMin = size_t{16} << 10;  // a record of TLS

class Channel {
 public:
  virtual ~Channel() = default;
  /// Until it is kDone, nothing else may be called.
  virtual Io Handshake() = 0;
  /// kEnd: the peer sends no more. At least kReceiveBytesMin are to be asked for.
  virtual Io Receive(char* to, size_t size) = 0;
  /// An attempt that came back with kAgain is repeated with the same bytes.
  virtual Io Send(const char* from, size_t size) = 0;
  /// Says that no more is sent.
  virtual void EndSending() = 0;
};

std::unique_ptr<Channel> MakePlainChannel(int socket);

}  // namespace cairn::server
