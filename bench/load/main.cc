// SPDX-License-Identifier: Apache-2.0
// The server program under load: each scenario starts `cairn serve` on a free port and a new
// directory, and prints what it measured beside its bar.
//   load [--only NAME] [--server PROGRAM] [--rounds N] [--documents N] [--directory DIR]
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include "bench/load/load.h"

namespace cairn::bench {
namespace {

struct Scenario {
  const char* name;
  void (*run)(const Settings& settings);
};

constexpr Scenario kScenarios[] = {
    {"idle-crowd", IdleCrowd},
    {"fairness", Fairness},
    {"newcomer", Newcomer},
    {"slow-readers", SlowReaders},
    {"slow-requests", SlowRequests},
    {"static-reply", StaticReply},
    {"point-read", PointRead},
    {"insert", Insert},
    {"paging", Paging},
};

int Run(const Settings& settings) {
  bool found = false;
  for (const Scenario& scenario : kScenarios) {
    if (!settings.only.empty() && settings.only != scenario.name) continue;
    found = true;
    std::printf("== %s\n", scenario.name);
    std::fflush(stdout);
    scenario.run(settings);
  }
  if (found) return 0;
  std::fprintf(stderr, "there is no scenario '%s'; there are:", settings.only.c_str());
  for (const Scenario& scenario : kScenarios) std::fprintf(stderr, " %s", scenario.name);
  std::fputs("\n", stderr);
  return 2;
}

}  // namespace
}  // namespace cairn::bench

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--server") == 0) cairn::server::UseProgram(argv[i + 1]);
  }
  return cairn::bench::RunComparisons("load", argc, argv, cairn::bench::Run);
}
