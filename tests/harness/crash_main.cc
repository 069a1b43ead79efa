// SPDX-License-Identifier: Apache-2.0
// crash [--cycles N] [--clients C] [--seed S] [--defect NAME] [--big-log MIB] [--disk-full N]
// [--memory MIB] [--seconds N] [--program PATH]: see crash_run.h and its siblings. PATH: another
// cairn than the one built beside this. Exit 0: no violation; with a planted defect: it was found.
// The files of a violation are kept.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/harness/arguments.h"
#include "tests/harness/crash_disk_full.h"
#include "tests/harness/crash_memory.h"
#include "tests/harness/crash_run.h"
#include "tests/harness/crash_times.h"
#include "tests/harness/planted_store.h"

namespace {

using cairn::harness::CrashFigures;

unsigned long long Number(uint64_t number) { return number; }

void Print(const CrashFigures& figures, double seconds) {
  const auto cycles = static_cast<double>(figures.cycles + figures.void_cycles);
  std::printf(
      "  %llu cycles in %llu directories in %.0f s (%.2f s each), %llu void and repeated, %llu "
      "openings killed\n"
      "  %llu requests acknowledged (%.0f/s), %llu document writes, %llu refused by a unique "
      "index, "
      "%llu without an answer\n"
      "  %llu commits followed in the log, %llu indexes built or dropped\n"
      "  ready after a kill: %.0f ms on average, at most %.0f ms\n",
      Number(figures.cycles), Number(figures.directories), seconds,
      cycles > 0 ? seconds / cycles : 0, Number(figures.void_cycles),
      Number(figures.killed_openings), Number(figures.acknowledged),
      figures.writing_s > 0 ? static_cast<double>(figures.acknowledged) / figures.writing_s : 0,
      Number(figures.documents), Number(figures.refused), Number(figures.unknown),
      Number(figures.commits), Number(figures.index_builds),
      figures.ready_count > 0 ? figures.ready_ms_total / static_cast<double>(figures.ready_count)
                              : 0,
      figures.ready_ms_max);
}

// A server with the defect stands beside this program.
int PlantDefect(const std::string& name, const char* own_path) {
  const auto defect = cairn::harness::FindDefect(name);
  if (!defect || !cairn::harness::ShowsWhenKilled(*defect)) {
    std::fprintf(stderr,
                 "crash: %s is no defect that a kill can show: the system keeps what a killed "
                 "process wrote. See powerloss --defect.\n",
                 name.c_str());
    return 2;
  }
  setenv("CAIRN_PLANTED_DEFECT", name.c_str(), 1);
  const auto program = std::filesystem::path(own_path).parent_path() / "planted_server";
  cairn::server::UseProgram(std::filesystem::absolute(program).string());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const cairn::harness::Arguments arguments(argc, argv);
  cairn::harness::CrashOptions options;
  options.cycles = arguments.Number("--cycles", 10);
  options.clients = static_cast<int>(arguments.Number("--clients", 8));
  options.seed = arguments.Seed();
  const std::string defect = arguments.Text("--defect");
  const uint64_t big_log = arguments.Number("--big-log", 0);
  const uint64_t disk_full = arguments.Number("--disk-full", 0);
  const uint64_t memory = arguments.Number("--memory", 0);
  const uint64_t seconds = arguments.Number("--seconds", 60);
  const std::string program = arguments.Text("--program");
  if (!arguments.AllUsed()) {
    return arguments.Refuse(
        "crash [--cycles N] [--clients C] [--seed S] [--defect NAME] [--big-log MIB] "
        "[--disk-full N] [--memory MIB] [--seconds N] "
        "[--program PATH]");
  }
  if (!program.empty()) cairn::server::UseProgram(program);
  if (disk_full > 0) return cairn::harness::FillDisks(disk_full);
  if (memory > 0) return cairn::harness::MeasureMemory(memory, seconds);
  if (big_log > 0) return cairn::harness::MeasureTimes(big_log);
  if (!defect.empty() && PlantDefect(defect, argv[0]) != 0) return 2;
  std::printf("crash --cycles %llu --clients %d --seed %llu%s%s\n", Number(options.cycles),
              options.clients, Number(options.seed), defect.empty() ? "" : " --defect ",
              defect.c_str());
  std::fflush(stdout);
  const auto start = std::chrono::steady_clock::now();
  cairn::harness::CrashRun run(options);
  const std::string violation = run.Run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  Print(run.figures(), took.count());
  if (!defect.empty()) {
    // A server that does not start at all shows nothing.
    const bool found = !violation.empty() && run.figures().ready_count > 0;
    std::printf("%s: %s\n", found ? "found" : "NOT FOUND", violation.c_str());
    return found ? 0 : 1;
  }
  if (violation.empty()) {
    std::printf("no violation\n");
    return 0;
  }
  const std::string kept = run.directory() + "-violation";
  std::error_code ignored;
  std::filesystem::copy(run.directory(), kept, std::filesystem::copy_options::recursive, ignored);
  std::printf("VIOLATION with seed %llu: %s\nfiles: %s\nthe server's log:\n%s",
              Number(options.seed), violation.c_str(), kept.c_str(), run.log().c_str());
  return 1;
}
