// SPDX-License-Identifier: Apache-2.0
// Many connections that each send a request, wait for the whole reply, and send the next one, as
// fast as the server lets them. The client is cheap, so that what is measured is the server.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace cairn::bench {

struct DriverOptions {
  int port = 0;
  int connections = 64;
  int threads = 2;
  /// What is sent, in turns.
  std::vector<std::string> requests;
  /// What a reply's status must be; the program ends when it is another.
  int status = 200;
};

struct Driven {
  double seconds = 0;
  int64_t replies = 0;
  std::vector<int64_t> replies_of;  ///< By connection.
  double rate() const { return static_cast<double>(replies) / seconds; }
};

/// Connects, drives for so long, and closes. Connections that are refused end the program.
Driven Drive(const DriverOptions& options, double seconds);
/// As Drive, until `over`.
Driven DriveUntil(const DriverOptions& options, const std::atomic<bool>& over);

}  // namespace cairn::bench
