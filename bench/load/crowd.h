// SPDX-License-Identifier: Apache-2.0
// Connections that want little or nothing of the server. Each belongs to one thread.
#pragma once

#include <atomic>
#include <string>
#include <vector>

namespace cairn::bench {

/// Connections that have had one reply each, and then do nothing.
class IdleConnections {
 public:
  IdleConnections(int port, int count, const std::string& request);
  ~IdleConnections();
  IdleConnections(const IdleConnections&) = delete;
  IdleConnections& operator=(const IdleConnections&) = delete;
  /// How many the server has closed.
  int Closed() const;

 private:
  std::vector<int> sockets_;
};

/// `count` connections that send one byte of a request a second each until `over`, and connect
/// again when they are refused for that. How many times that was.
int DripUntil(int port, int count, const std::atomic<bool>& over);

/// Times in milliseconds of newcomers that come one after another, for so long.
std::vector<double> TimeNewcomers(int port, const std::string& request, double seconds);

}  // namespace cairn::bench
