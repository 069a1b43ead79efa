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

constexpr size_t kWidth = 30;
constexpr double kSecondsOfARate = 0.5;
constexpr double kSecondsLeftMax = 100 * 3600;
constexpr std::chrono::milliseconds kInterval(100);

}  // namespace

std::string ProgressText(uint64_t done, uint64_t total, uint64_t documents, double seconds,
                         bool colour) {
  std::string text;
  const double part =
      total == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  if (total > 0) {
    const auto filled = static_cast<size_t>(part * kWidth);
    text = std::string("[") + (colour ? "\033[32m" : "") + std::string(filled, '#') +
           std::string(kWidth - filled, ' ') + (colour ? "\033[0m" : "") + "] ";
    const std::string percent = std::to_string(static_cast<int>(part * 100));
    text += std::string(3 - percent.size(), ' ') + percent + "%  ";
  }
  text += Documents(documents);
  // Before that, a rate says nothing.
  if (seconds < kSecondsOfARate) return text;
  text +=
      ", " + std::to_string(static_cast<uint64_t>(static_cast<double>(documents) / seconds)) + "/s";
  if (part <= 0) return text;
  const double left = seconds * (1 - part) / part;
  if (left >= kSecondsLeftMax) return text;
  const auto whole = static_cast<uint64_t>(left + 0.5);
  const std::string rest = std::to_string(whole % 60);
  return text + ", " + std::to_string(whole / 60) + ":" + (rest.size() < 2 ? "0" : "") + rest +
         " left";
}

std::string Documents(uint64_t number) {
  return std::to_string(number) + (number == 1 ? " document" : " documents");
}

Progress::Progress(uint64_t total)
    : total_(total),
      on_terminal_(isatty(STDERR_FILENO) == 1),
      colour_(std::getenv("NO_COLOR") == nullptr),
      begin_(std::chrono::steady_clock::now()) {}

Progress::~Progress() { Clear(); }

void Progress::Show(uint64_t done, uint64_t documents) {
  const auto now = std::chrono::steady_clock::now();
  if (!on_terminal_ || now < next_) return;
  next_ = now + kInterval;
  drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const std::string text = ProgressText(done, total_, documents, seconds, colour_);
  // The line may have become shorter.
  std::fprintf(stderr, "\r%s\033[K", text.c_str());
}

void Progress::Clear() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

}  // namespace cairn::server
