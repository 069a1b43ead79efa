// SPDX-License-Identifier: Apache-2.0
// faults [--stride N] [--workload NAME] [--disk-full CYCLES] [--jobs J] [--seed S]: see
// fault_run.h. Each workload with each kind of failure is a process of its own; J of them run at
// once. Exit 0: no violation.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "tests/harness/arguments.h"
#include "tests/harness/fault_run.h"
#include "tests/harness/fault_workloads.h"
#include "tests/harness/jobs.h"

namespace {

using cairn::harness::FaultFigures;
using cairn::harness::FaultKind;
using cairn::harness::FaultOptions;
using cairn::harness::FaultRun;

constexpr uint64_t kDiskFullPerJob = 5;

// The run that is under way has taken too long.
void OnAlarm(int /*signal*/) {
  constexpr char kText[] = "VIOLATION: hangs in: ";
  const char* trying = FaultRun::Trying();
  if (write(1, kText, sizeof(kText) - 1) < 0 || write(1, trying, std::strlen(trying)) < 0) _exit(4);
  _exit(3);
}

unsigned long long Number(uint64_t number) { return number; }

std::vector<FaultOptions> Split(const FaultOptions& options) {
  std::vector<FaultOptions> jobs;
  for (const auto& workload : cairn::harness::kFaultTable) {
    if (!options.workload.empty() && options.workload != workload.name) continue;
    for (const FaultKind kind : cairn::harness::kFaultKinds) {
      FaultOptions job = options;
      job.workload = workload.name;
      job.kind = kind;
      job.disk_full = 0;
      jobs.push_back(job);
    }
  }
  for (uint64_t left = options.disk_full; left > 0;) {
    FaultOptions job = options;
    job.workload = "none";
    job.disk_full = std::min(left, kDiskFullPerJob);
    left -= job.disk_full;
    jobs.push_back(job);
  }
  for (size_t i = 0; i < jobs.size(); ++i) jobs[i].seed += i;
  return jobs;
}

// One process's share. True: no violation.
bool RunShare(FaultOptions options, const cairn::harness::Jobs<FaultFigures>::Tell& tell) {
  std::signal(SIGALRM, OnAlarm);
  options.progress = tell;
  FaultRun run(options);
  const std::string violation = run.Run();
  tell(run.figures());
  if (violation.empty()) return true;
  std::printf("VIOLATION with --workload %s --disk-full %llu --seed %llu: %s\nthe store's log:\n%s",
              options.workload.c_str(), Number(options.disk_full), Number(options.seed),
              violation.c_str(), run.log().c_str());
  return false;
}

void Print(const FaultFigures& figures, double seconds) {
  std::printf(
      "  %llu workloads with a kind of failure, %llu runs in %.0f s, %llu of them met a fault; "
      "%llu "
      "openings failed\n"
      "  %llu commits acknowledged; %llu full disks with %llu reads on them, all answered; writes "
      "back after at most %.1f s\n",
      Number(figures.workloads), Number(figures.runs), seconds, Number(figures.runs_with_fault),
      Number(figures.openings_failed), Number(figures.acknowledged),
      Number(figures.disk_full_cycles), Number(figures.reads_on_full_disk),
      figures.seconds_back_max);
}

}  // namespace

int main(int argc, char** argv) {
  const cairn::harness::Arguments arguments(argc, argv);
  FaultOptions options;
  options.seed = arguments.Seed();
  options.stride = std::max<uint64_t>(arguments.Number("--stride", 1), 1);
  options.workload = arguments.Text("--workload");
  options.disk_full = arguments.Number("--disk-full", 3);
  const uint64_t jobs_max = std::max<uint64_t>(arguments.Number("--jobs", 8), 1);
  if (!arguments.AllUsed()) {
    return arguments.Refuse(
        "faults [--stride N] [--workload NAME] [--disk-full CYCLES] [--jobs J] [--seed S]");
  }
  std::printf("faults --stride %llu --disk-full %llu --seed %llu%s%s\n", Number(options.stride),
              Number(options.disk_full), Number(options.seed),
              options.workload.empty() ? "" : " --workload ", options.workload.c_str());
  const auto start = std::chrono::steady_clock::now();
  const auto print = [start](const FaultFigures& figures) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    Print(figures, took.count());
  };
  cairn::harness::Jobs<FaultFigures> jobs(print);
  for (const FaultOptions& job : Split(options)) {
    if (jobs.running() == jobs_max) jobs.Finish();
    if (!jobs.good()) break;
    jobs.Start([&job](const auto& tell) { return RunShare(job, tell); });
  }
  while (jobs.running() > 0) jobs.Finish();
  print(jobs.figures());
  if (jobs.good()) std::printf("no violation\n");
  return jobs.good() ? 0 : 1;
}
