// SPDX-License-Identifier: Apache-2.0
// powerloss [--cycles N] [--jobs J] [--seed S] [--defect NAME] [--dump DIR]: see power_loss.h. The
// cycles are divided among J processes, each with a seed of its own. Exit 0: no violation. With a
// planted defect: exit 0 when it was found. DIR gets the disk as a violation left it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/harness/arguments.h"
#include "tests/harness/jobs.h"
#include "tests/harness/power_loss.h"

namespace {

using cairn::harness::Arguments;
using cairn::harness::Defect;
using cairn::harness::PowerLossFigures;
using cairn::harness::PowerLossOptions;

unsigned long long Number(uint64_t number) { return number; }

void Print(const PowerLossFigures& figures, double seconds) {
  std::printf(
      "  %llu cycles on %llu disks in %.0f s (%.0f a minute), %llu cuts within an opening\n"
      "  %llu commits, %llu of them acknowledged; lost without acknowledgement: %llu; of unknown "
      "outcome: %llu\n"
      "  checks without the log's history: %llu\n",
      Number(figures.cycles), Number(figures.disks), seconds,
      static_cast<double>(figures.cycles) * 60 / seconds, Number(figures.cuts_in_openings),
      Number(figures.commits), Number(figures.acknowledged), Number(figures.checks.commits_lost),
      Number(figures.checks.commits_unknown), Number(figures.checks.histories_lost));
}

// Copies the disk's files into `directory`, for a closer look.
void Dump(const cairn::harness::SimulatedDisk& disk, const std::filesystem::path& directory) {
  for (const auto& [path, bytes] : disk.Files()) {
    const std::filesystem::path to = directory / path.substr(1);
    std::filesystem::create_directories(to.parent_path());
    std::ofstream(to, std::ios::binary) << disk.BytesOf(path);
  }
}

// One process's share. True: no violation, or the planted defect was found.
bool RunShare(const PowerLossOptions& options, const std::string& dump) {
  cairn::harness::PowerLossRun run(options);
  const std::string violation = run.Run();
  options.progress(run.figures());
  if (options.defect != Defect::kNone) {
    if (!violation.empty()) std::printf("found: %s\n", violation.c_str());
    return !violation.empty();
  }
  if (violation.empty()) return true;
  if (!dump.empty()) Dump(run.disk(), dump);
  std::printf("VIOLATION with --cycles %llu --jobs 1 --seed %llu: %s\n%s", Number(options.cycles),
              Number(options.seed), violation.c_str(), run.Report().c_str());
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv);
  PowerLossOptions options;
  options.cycles = arguments.Number("--cycles", 1000);
  options.seed = arguments.Seed();
  options.garble_manifests = arguments.Number("--garble-manifests", 0) != 0;
  uint64_t jobs_left = std::max<uint64_t>(arguments.Number("--jobs", 8), 1);
  const std::string dump = arguments.Text("--dump");
  const std::string defect = arguments.Text("--defect");
  if (!defect.empty()) {
    const auto found = cairn::harness::FindDefect(defect);
    if (!found) return arguments.Refuse("no such defect: " + defect);
    options.defect = *found;
    jobs_left = 1;
  }
  if (!arguments.AllUsed()) {
    return arguments.Refuse(
        "powerloss [--cycles N] [--jobs J] [--seed S] [--defect NAME] [--garble-manifests 1] "
        "[--dump DIR]");
  }
  std::printf("powerloss --cycles %llu --jobs %llu --seed %llu%s%s\n", Number(options.cycles),
              Number(jobs_left), Number(options.seed), defect.empty() ? "" : " --defect ",
              defect.c_str());
  const auto start = std::chrono::steady_clock::now();
  const auto print = [start](const PowerLossFigures& figures) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    Print(figures, took.count());
  };
  cairn::harness::Jobs<PowerLossFigures> jobs(print);
  for (uint64_t cycles_left = options.cycles; jobs_left > 0; --jobs_left) {
    PowerLossOptions share = options;
    share.cycles = cycles_left / jobs_left;
    share.seed = options.seed + jobs.running();
    cycles_left -= share.cycles;
    jobs.Start([&](const auto& tell) {
      share.progress = tell;
      return RunShare(share, dump);
    });
  }
  while (jobs.running() > 0) jobs.Finish();
  print(jobs.figures());
  if (options.defect != Defect::kNone && !jobs.good()) std::printf("NOT FOUND\n");
  if (options.defect == Defect::kNone && jobs.good()) std::printf("no violation\n");
  return jobs.good() ? 0 : 1;
}
