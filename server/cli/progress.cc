// SPDX-License-Identifier: Apache-2.0
// The progress line, on standard error. NO_COLOR is honoured: https://no-color.org/
#include "server/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace cairn::server {
namespace {

constexpr int kWidth = 30;
constexpr std::chrono::milliseconds kInterval(100);

}  // namespace

Progress::Progress(uint64_t bytes_total)
    : bytes_total_(bytes_total),
      on_terminal_(isatty(STDERR_FILENO) == 1),
      colour_(std::getenv("NO_COLOR") == nullptr) {}

Progress::~Progress() { Clear(); }

void Progress::Show(uint64_t bytes_done, uint64_t documents) {
  const auto now = std::chrono::steady_clock::now();
  if (!on_terminal_ || now < next_) return;
  next_ = now + kInterval;
  drawn_ = true;
  const auto count = static_cast<unsigned long long>(documents);
  if (bytes_total_ == 0) {
    std::fprintf(stderr, "\r%llu documents", count);
    return;
  }
  const double part =
      std::min(1.0, static_cast<double>(bytes_done) / static_cast<double>(bytes_total_));
  const int done = static_cast<int>(part * kWidth);
  const std::string bar = std::string(done, '#') + std::string(kWidth - done, ' ');
  std::fprintf(stderr, "\r[%s%s%s] %3d%%  %llu documents", colour_ ? "\033[32m" : "", bar.c_str(),
               colour_ ? "\033[0m" : "", static_cast<int>(part * 100), count);
}

void Progress::Clear() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

}  // namespace cairn::server
