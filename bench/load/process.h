// SPDX-License-Identifier: Apache-2.0
// Programs that are not Cairn's. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace cairn::bench {

/// A port that nobody listens on at the moment.
int FreePort();
/// Waits until somebody listens there; false after ten seconds.
bool AwaitPort(int port);

/// A program that runs until this goes.
class Background {
 public:
  explicit Background(std::vector<std::string> arguments);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

 private:
  pid_t pid_;
};

/// Runs it to its end; what it printed. Ends this program when it fails.
std::string Run(std::vector<std::string> arguments);

}  // namespace cairn::bench
