// SPDX-License-Identifier: Apache-2.0
// Damages what is synced, one file at a time: a flipped bit, a changed byte, a sector of zeros or
// of noise, a file cut short. The store must then refuse to open, report the damage when it reads,
// or show exactly what it held; the commit log likewise. Thread safety: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/harness/checker.h"
#include "tests/harness/opening.h"
#include "tests/harness/workload.h"

namespace cairn::harness {

struct CorruptionOptions {
  uint64_t damages = 1000;
  uint64_t seed = 1;
};

/// What came of the damages to one kind of file.
struct CorruptionFigures {
  uint64_t damages = 0;
  uint64_t refused = 0;   ///< The store does not open.
  uint64_t named = 0;     ///< Of these: the message names the file.
  uint64_t reported = 0;  ///< A read, or the reader of the log, says so.
  uint64_t harmless = 0;
};

class CorruptionRun {
 public:
  explicit CorruptionRun(const CorruptionOptions& options)
      : options_(options), random_(options.seed) {}

  /// The first violation; empty: none.
  std::string Run();
  /// By kind of file.
  const std::map<std::string, CorruptionFigures>& figures() const { return figures_; }

 private:
  // A store at rest, closed in peace or cut off with all of it synced, and what it holds.
  struct Image {
    std::unique_ptr<SimulatedDisk> disk;
    Model model;
    std::vector<std::string> log;  // records, from the first commit on
  };

  std::string MakeImage(bool closed);
  std::string DamageOne();
  std::string Harm(SimulatedDisk* disk, const std::string& path, uint64_t bytes);
  static std::string CompareLog(store::DocumentStore* store, const std::vector<std::string>& log,
                                bool* reported);

  const CorruptionOptions options_;
  Random random_;
  Opening opening_;
  std::vector<Image> images_;
  std::map<std::string, CorruptionFigures> figures_;
};

}  // namespace cairn::harness
