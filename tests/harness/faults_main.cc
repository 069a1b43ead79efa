// SPDX-License-Identifier: Apache-2.0
// faults [--stride N] [--workload NAME] [--disk-full CYCLES] [--jobs J] [--seed S]: see
// fault_run.h. Each workload is a process of its own, as most of its time goes by with waiting; J
// of them run at once. Exit 0: no violation.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "tests/harness/arguments.h"
#include "tests/harness/fault_run.h"
#include "tests/harness/fault_workloads.h"

namespace {

using cairn::harness::FaultFigures;
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
    FaultOptions job = options;
    job.workload = workload.name;
    job.disk_full = 0;
    jobs.push_back(job);
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

// Runs a job in this process and sends its figures to `to`.
[[noreturn]] void RunJob(const FaultOptions& options, int to) {
  std::signal(SIGALRM, OnAlarm);
  FaultRun run(options);
  const std::string violation = run.Run();
  if (!violation.empty()) {
    std::printf(
        "VIOLATION with --workload %s --disk-full %llu --seed %llu: %s\nthe store's log:\n%s",
        options.workload.c_str(), Number(options.disk_full), Number(options.seed),
        violation.c_str(), run.log().c_str());
    std::fflush(stdout);
  }
  const FaultFigures figures = run.figures();
  const bool sent = write(to, &figures, sizeof(figures)) == sizeof(figures);
  _exit(violation.empty() && sent ? 0 : 1);
}

class Jobs {
 public:
  void Start(const FaultOptions& options) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    const pid_t pid = fork();
    if (pid < 0) std::abort();
    if (pid == 0) {
      close(ends[0]);
      RunJob(options, ends[1]);
    }
    close(ends[1]);
    running_[pid] = ends[0];
  }
  size_t running() const { return running_.size(); }
  /// Waits for one to end.
  void Finish() {
    int status = 0;
    const pid_t pid = wait(&status);
    const auto found = running_.find(pid);
    if (found == running_.end()) return;
    FaultFigures one;
    if (read(found->second, &one, sizeof(one)) == sizeof(one)) Add(one);
    close(found->second);
    running_.erase(found);
    good_ &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (WIFSIGNALED(status)) std::printf("VIOLATION: ended by signal %d\n", WTERMSIG(status));
  }
  bool good() const { return good_; }
  const FaultFigures& figures() const { return figures_; }

 private:
  void Add(const FaultFigures& one) {
    figures_.workloads += one.workloads;
    figures_.runs += one.runs;
    figures_.runs_with_fault += one.runs_with_fault;
    figures_.openings_failed += one.openings_failed;
    figures_.acknowledged += one.acknowledged;
    figures_.disk_full_cycles += one.disk_full_cycles;
    figures_.reads_on_full_disk += one.reads_on_full_disk;
    figures_.seconds_back_max = std::max(figures_.seconds_back_max, one.seconds_back_max);
  }

  std::map<pid_t, int> running_;  // where each one's figures come from
  FaultFigures figures_;
  bool good_ = true;
};

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
  std::printf("faults --stride %llu --disk-full %llu --seed %llu\n", Number(options.stride),
              Number(options.disk_full), Number(options.seed));
  std::fflush(stdout);
  const auto start = std::chrono::steady_clock::now();
  Jobs jobs;
  for (const FaultOptions& job : Split(options)) {
    if (jobs.running() == jobs_max) jobs.Finish();
    if (!jobs.good()) break;
    jobs.Start(job);
  }
  while (jobs.running() > 0) jobs.Finish();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const FaultFigures& figures = jobs.figures();
  std::printf(
      "  %llu workloads, %llu runs in %.0f s, %llu of them met a fault; %llu openings failed\n"
      "  %llu commits acknowledged; %llu full disks with %llu reads on them, all answered; writes "
      "back after at most %.1f s\n",
      Number(figures.workloads), Number(figures.runs), took.count(),
      Number(figures.runs_with_fault), Number(figures.openings_failed),
      Number(figures.acknowledged), Number(figures.disk_full_cycles),
      Number(figures.reads_on_full_disk), figures.seconds_back_max);
  if (jobs.good()) std::printf("no violation\n");
  return jobs.good() ? 0 : 1;
}
