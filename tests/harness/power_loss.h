// SPDX-License-Identifier: Apache-2.0
// Cycles of work, a power cut at a random operation, recovery and a full check, on one simulated
// disk after another. A disk lives for a random number of cycles, so that recovery also meets what
// earlier recoveries left. Some cuts fall into an opening, some into recovery itself, some right
// after it. Everything that is drawn follows from the seed; the order of threads does not.
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tests/harness/checker.h"
#include "tests/harness/opening.h"
#include "tests/harness/workload.h"

namespace cairn::harness {

struct PowerLossFigures {
  uint64_t cycles = 0;
  uint64_t disks = 0;
  uint64_t cuts_in_openings = 0;
  uint64_t commits = 0;
  uint64_t acknowledged = 0;
  CheckFigures checks;

  void Add(const PowerLossFigures& other);
};

struct PowerLossOptions {
  uint64_t cycles = 200;
  uint64_t seed = 1;
  Defect defect = Defect::kNone;
  int clients = 8;
  bool garble_manifests = false;
  std::function<void(const PowerLossFigures&)> progress;  ///< After each disk; may be empty.
};

class PowerLossRun {
 public:
  explicit PowerLossRun(const PowerLossOptions& options);

  /// Runs until the last cycle or the first violation, which it returns; empty: none.
  std::string Run();
  const PowerLossFigures& figures() const { return figures_; }
  /// How the disk at hand is used, what is on it, and what the store logged lately.
  std::string Report() const;
  const SimulatedDisk& disk() const { return *disk_; }

 private:
  void NewDisk();
  std::string Cycle();
  std::string Work(Journal* journal);
  void RunClients(store::DocumentStore* store, Journal* journal);
  std::string Recover(const Journal& journal);

  const PowerLossOptions options_;
  Random random_;
  Opening opening_;
  std::unique_ptr<SimulatedDisk> disk_;
  uint64_t cycles_left_ = 0;  // of this disk
  bool prepared_ = false;     // the collections are on this disk for good
  uint32_t clients_ = 0;
  Model model_;
  LogTail log_;
  PowerLossFigures figures_;
};

}  // namespace cairn::harness
