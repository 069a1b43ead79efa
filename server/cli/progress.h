// SPDX-License-Identifier: Apache-2.0
// One line on a terminal that shows how far a long operation is, how fast, and how long it still
// takes. Silent elsewhere. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cairn::server {

/// What the line says: with a part that is done when `total` is not 0.
///   [###       ]  30%  1200 documents, 400/s, 0:07 left
std::string ProgressText(uint64_t done, uint64_t total, uint64_t documents, double seconds,
                         bool colour);

/// "1 document", "2 documents".
std::string Documents(uint64_t number);

class Progress {
 public:
  /// `total`, of bytes or whatever is counted; 0: unknown. The time counts from now.
  explicit Progress(uint64_t total);
  /// Clears the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Draws, at most ten times a second.
  void Show(uint64_t done, uint64_t documents);
  /// Removes the line so that something else can be printed.
  void Clear();

 private:
  const uint64_t total_;
  const bool on_terminal_;
  const bool colour_;
  const std::chrono::steady_clock::time_point begin_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace cairn::server
