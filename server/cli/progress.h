// SPDX-License-Identifier: Apache-2.0
// One line on a terminal that shows how far a long operation is. Silent elsewhere. One thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace cairn::server {

class Progress {
 public:
  /// `bytes_total` 0: unknown.
  explicit Progress(uint64_t bytes_total);
  /// Clears the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Draws, at most ten times a second.
  void Show(uint64_t bytes_done, uint64_t documents);
  /// Removes the line so that something else can be printed.
  void Clear();

 private:
  const uint64_t bytes_total_;
  const bool on_terminal_;
  const bool colour_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace cairn::server
