// SPDX-License-Identifier: Apache-2.0
// Rates of Cairn and of what it is measured against: both in turn, several rounds in one run, and
// the ratio of the medians with its bar. Only ratios carry over to other machines. One thread.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
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

/// What a program of comparisons is told on its command line.
struct Settings {
  int rounds = 5;
  int documents = 20000;
  std::string directory = {};
  std::string only = {};  ///< Of the comparisons' names; "": all.

  bool Wants(const Comparison& comparison) const {
    return std::string(comparison.name).find(only) != std::string::npos;
  }
};

/// Reads `NAME [--rounds N] [--documents N] [--directory DIR] [--only TEXT]` into `settings` and
/// calls `run` with a directory of its own, which is removed afterwards. The exit code.
inline int RunComparisons(const char* name, int argc, char** argv, int (*run)(const Settings&),
                          Settings settings = {}) {
  settings.directory = (std::filesystem::temp_directory_path() / "cairn-bench").string();
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--rounds") == 0) settings.rounds = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--documents") == 0) settings.documents = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--directory") == 0) settings.directory = argv[i + 1];
    if (std::strcmp(argv[i], "--only") == 0) settings.only = argv[i + 1];
  }
  if (settings.rounds < 1 || settings.documents < 1) {
    std::fprintf(stderr, "usage: %s [--rounds N] [--documents N] [--directory DIR] [--only TEXT]\n",
                 name);
    return 2;
  }
  settings.directory += "/" + std::to_string(getpid());
  std::filesystem::create_directories(settings.directory);
  const int status = run(settings);
  std::filesystem::remove_all(settings.directory);
  return status;
}

}  // namespace cairn::bench
