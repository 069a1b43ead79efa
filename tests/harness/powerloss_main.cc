// SPDX-License-Identifier: Apache-2.0
// powerloss [--cycles N] [--seed S] [--defect NAME] [--dump DIR]: see power_loss.h. Exit 0: no
// violation. With a planted defect: exit 0 when it was found. DIR gets the disk as a violation left
// it.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/harness/arguments.h"
#include "tests/harness/power_loss.h"

namespace {

using cairn::harness::Arguments;
using cairn::harness::Defect;
using cairn::harness::PowerLossFigures;

void Print(const PowerLossFigures& figures, double seconds) {
  std::printf(
      "  %llu cycles on %llu disks in %.0f s (%.0f a minute), %llu cuts within an opening\n"
      "  %llu commits, %llu of them acknowledged; lost without acknowledgement: %llu; of unknown "
      "outcome: %llu\n"
      "  checks without the log's history: %llu\n",
      static_cast<unsigned long long>(figures.cycles),
      static_cast<unsigned long long>(figures.disks), seconds,
      static_cast<double>(figures.cycles) * 60 / seconds,
      static_cast<unsigned long long>(figures.cuts_in_openings),
      static_cast<unsigned long long>(figures.commits),
      static_cast<unsigned long long>(figures.acknowledged),
      static_cast<unsigned long long>(figures.checks.commits_lost),
      static_cast<unsigned long long>(figures.checks.commits_unknown),
      static_cast<unsigned long long>(figures.checks.histories_lost));
}

// Copies the disk's files into `directory`, for a closer look.
void Dump(const cairn::harness::SimulatedDisk& disk, const std::filesystem::path& directory) {
  for (const auto& [path, bytes] : disk.Files()) {
    const std::filesystem::path to = directory / path.substr(1);
    std::filesystem::create_directories(to.parent_path());
    std::ofstream(to, std::ios::binary) << disk.BytesOf(path);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv);
  cairn::harness::PowerLossOptions options;
  options.cycles = arguments.Number("--cycles", 1000);
  options.seed = arguments.Seed();
  options.garble_manifests = arguments.Number("--garble-manifests", 0) != 0;
  const std::string dump = arguments.Text("--dump");
  const std::string defect = arguments.Text("--defect");
  if (!defect.empty()) {
    const auto found = cairn::harness::FindDefect(defect);
    if (!found) return arguments.Refuse("no such defect: " + defect);
    options.defect = *found;
  }
  if (!arguments.AllUsed())
    return arguments.Refuse(
        "powerloss [--cycles N] [--seed S] [--defect NAME] [--garble-manifests 1] [--dump DIR]");
  std::printf("powerloss --cycles %llu --seed %llu%s%s\n",
              static_cast<unsigned long long>(options.cycles),
              static_cast<unsigned long long>(options.seed), defect.empty() ? "" : " --defect ",
              defect.c_str());
  std::fflush(stdout);
  const auto start = std::chrono::steady_clock::now();
  cairn::harness::PowerLossRun run(options);
  const std::string violation = run.Run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  Print(run.figures(), took.count());
  if (options.defect != Defect::kNone) {
    std::printf("%s: %s\n", violation.empty() ? "NOT FOUND" : "found", violation.c_str());
    return violation.empty() ? 1 : 0;
  }
  if (violation.empty()) {
    std::printf("no violation\n");
    return 0;
  }
  if (!dump.empty()) Dump(run.disk(), dump);
  std::printf("VIOLATION with seed %llu: %s\n%s", static_cast<unsigned long long>(options.seed),
              violation.c_str(), run.Report().c_str());
  return 1;
}
