// SPDX-License-Identifier: Apache-2.0
// Twenty small workloads, each run again and again while one of its file operations fails: the
// first, the second, and so on, once or from then on, in four ways. Then the faults end, half of
// the disks lose what was not synced, and the store must open and hold what was acknowledged.
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/harness/checker.h"
#include "tests/harness/opening.h"
#include "tests/harness/workload.h"

namespace cairn::harness {

inline constexpr FaultKind kFaultKinds[] = {FaultKind::kIoError, FaultKind::kNoSpace,
                                            FaultKind::kShortWrite, FaultKind::kFailedSync};

struct FaultFigures {
  uint64_t workloads = 0;  ///< Each with one kind of failure.
  uint64_t runs = 0;
  uint64_t runs_with_fault = 0;
  uint64_t openings_failed = 0;
  uint64_t acknowledged = 0;
  uint64_t disk_full_cycles = 0;
  uint64_t reads_on_full_disk = 0;
  double seconds_back_max = 0;  ///< From space to the first write.

  void Add(const FaultFigures& other);
};

struct FaultOptions {
  uint64_t seed = 1;
  uint64_t stride = 1;  ///< Every so many operations, beginning at a drawn one.
  std::string workload;
  FaultKind kind = FaultKind::kIoError;  ///< That the workload's operations fail with.
  uint64_t disk_full = 0;                ///< Cycles of filling a disk and giving it space again.
  std::function<void(const FaultFigures&)> progress;  ///< After each run; may be empty.
};

class FaultRun {
 public:
  explicit FaultRun(const FaultOptions& options) : options_(options), random_(options.seed) {}

  /// The first violation; empty: none.
  std::string Run();
  const FaultFigures& figures() const { return figures_; }
  std::string log() const { return log_ == nullptr ? "" : log_->Text(); }
  /// What is being tried, for whoever finds the program hanging. Any thread.
  static const char* Trying();

 private:
  struct Image {
    std::unique_ptr<SimulatedDisk> disk;
    Model model;
  };

  std::string MakeImages();
  std::string MakeImage(int steps, const Mix& mix, Image* image);
  std::string RunWorkload(size_t which);
  void TellProgress() const {
    if (options_.progress) options_.progress(figures_);
  }
  std::string RunOnce(size_t which, const FaultPlan& plan, uint64_t* chances, FaultKind kind);
  std::string Attempt(size_t which, const FaultPlan& plan, SimulatedDisk* disk, Journal* journal,
                      const Model& before);
  std::string Read(store::DocumentStore* store, const FaultPlan& plan, SimulatedDisk* disk,
                   const Model& before);
  std::string FillDisk();

  const FaultOptions options_;
  Random random_;
  Opening opening_;
  Image images_[3];
  std::unique_ptr<LogTail> log_;  // of the run at hand
  FaultFigures figures_;
};

}  // namespace cairn::harness
