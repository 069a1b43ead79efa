// SPDX-License-Identifier: Apache-2.0
// corruption [--flips N] [--seed S]: N damages, see corruption_run.h. Exit 0: no violation.
#include <chrono>
#include <cstdio>
#include <string>

#include "tests/harness/arguments.h"
#include "tests/harness/corruption_run.h"

int main(int argc, char** argv) {
  const cairn::harness::Arguments arguments(argc, argv);
  cairn::harness::CorruptionOptions options;
  options.damages = arguments.Number("--flips", 1000);
  options.seed = arguments.Seed();
  if (!arguments.AllUsed()) return arguments.Refuse("corruption [--flips N] [--seed S]");
  std::printf("corruption --flips %llu --seed %llu\n",
              static_cast<unsigned long long>(options.damages),
              static_cast<unsigned long long>(options.seed));
  std::fflush(stdout);
  const auto start = std::chrono::steady_clock::now();
  cairn::harness::CorruptionRun run(options);
  const std::string violation = run.Run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("  in %.0f s     damages  refused  (file named)  reported  harmless\n", took.count());
  for (const auto& [kind, figures] : run.figures()) {
    std::printf("  %-14s %7llu  %7llu  %12llu  %8llu  %8llu\n", kind.c_str(),
                static_cast<unsigned long long>(figures.damages),
                static_cast<unsigned long long>(figures.refused),
                static_cast<unsigned long long>(figures.named),
                static_cast<unsigned long long>(figures.reported),
                static_cast<unsigned long long>(figures.harmless));
  }
  std::printf("%s%s\n", violation.empty() ? "no violation" : "VIOLATION: ", violation.c_str());
  return violation.empty() ? 0 : 1;
}
