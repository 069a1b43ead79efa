// SPDX-License-Identifier: Apache-2.0
// Rates of Cairn and of what it is measured against: both in turn, several rounds in one run, and
// the ratio of the medians with its bar. Only ratios carry over to other machines. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "cairn/status.h"

namespace cairn::bench {

inline double Now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

inline double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Ends the program on an error.
inline void Must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}
template <typename T>
T Must(Result<T> result) {
  Must(result.status());
  return std::move(result).value();
}

/// Rates of both sides of one comparison.
struct Comparison {
  const char* name;
  double bar;
  std::vector<double> cairn{};
  std::vector<double> raw{};

  void Print() const {
    std::vector<double> ratios;
    for (size_t i = 0; i < raw.size(); ++i) ratios.push_back(cairn[i] / raw[i]);
    const double ratio = Median(cairn) / Median(raw);
    std::printf("%-34s %10.0f/s %10.0f/s   %5.2f  (%.2f-%.2f)   >= %.2f  %s\n", name, Median(cairn),
                Median(raw), ratio, *std::min_element(ratios.begin(), ratios.end()),
                *std::max_element(ratios.begin(), ratios.end()), bar,
                ratio >= bar ? "met" : "MISSED");
    std::fflush(stdout);
  }
};

}  // namespace cairn::bench
