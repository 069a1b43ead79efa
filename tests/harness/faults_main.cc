// SPDX-License-Identifier: Apache-2.0
// faults [--stride N] [--workload NAME] [--disk-full CYCLES] [--seed S]: see fault_run.h. Exit 0:
// no violation.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "tests/harness/arguments.h"
#include "tests/harness/fault_run.h"

namespace {

using cairn::harness::FaultRun;

// The run that is under way has taken too long.
void OnAlarm(int /*signal*/) {
  constexpr char kText[] = "VIOLATION: hangs in: ";
  const char* trying = FaultRun::Trying();
  if (write(1, kText, sizeof(kText) - 1) < 0 || write(1, trying, std::strlen(trying)) < 0) _exit(4);
  _exit(3);
}

unsigned long long Number(uint64_t number) { return number; }

}  // namespace

int main(int argc, char** argv) {
  const cairn::harness::Arguments arguments(argc, argv);
  cairn::harness::FaultOptions options;
  options.seed = arguments.Seed();
  options.stride = std::max<uint64_t>(arguments.Number("--stride", 1), 1);
  options.workload = arguments.Text("--workload");
  options.disk_full = arguments.Number("--disk-full", 3);
  if (!arguments.AllUsed()) {
    return arguments.Refuse(
        "faults [--stride N] [--workload NAME] [--disk-full CYCLES] [--seed S]");
  }
  std::printf("faults --stride %llu --disk-full %llu --seed %llu\n", Number(options.stride),
              Number(options.disk_full), Number(options.seed));
  std::fflush(stdout);
  std::signal(SIGALRM, OnAlarm);
  const auto start = std::chrono::steady_clock::now();
  FaultRun run(options);
  const std::string violation = run.Run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const cairn::harness::FaultFigures& figures = run.figures();
  std::printf(
      "  %llu workloads, %llu runs in %.0f s, %llu of them met a fault; %llu openings failed\n"
      "  %llu commits acknowledged; %llu full disks, writes back after at most %.1f s\n",
      Number(figures.workloads), Number(figures.runs), took.count(),
      Number(figures.runs_with_fault), Number(figures.openings_failed),
      Number(figures.acknowledged), Number(figures.disk_full_cycles), figures.seconds_back_max);
  if (violation.empty()) {
    std::printf("no violation\n");
    return 0;
  }
  std::printf("VIOLATION with seed %llu: %s\nthe store's log:\n%s", Number(options.seed),
              violation.c_str(), run.log().c_str());
  return 1;
}
