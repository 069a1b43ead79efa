// SPDX-License-Identifier: Apache-2.0
// nginx as a yardstick: a server of its own that gives one reply to everything. One thread.
#pragma once

#include <memory>
#include <string>

#include "bench/load/process.h"

namespace cairn::bench {

class Nginx {
 public:
  /// Two workers, whose replies are `reply_bytes` long, head and body. Null, with a line on
  /// standard error, where it is not installed. `directory`: for its files.
  static std::unique_ptr<Nginx> Start(const std::string& directory, size_t reply_bytes);
  int port() const { return port_; }

 private:
  Nginx(const std::string& directory, int port, size_t body_bytes);
  int port_;
  std::unique_ptr<Background> process_;
};

}  // namespace cairn::bench
