// SPDX-License-Identifier: Apache-2.0
// Defects planted between the engine and the checker, each of which a harness must find: a check
// that never failed is no check. Thread safety: as kv::Store.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/kv/store.h"

namespace cairn::harness {

enum class Defect {
  kNone,
  kAcknowledgeBeforeSync,    ///< Tickets complete at once.
  kSkipIndexPut,             ///< An index entry now and then is not written.
  kTwoCommits,               ///< A commit of several writes becomes two.
  kIgnoreFailedSync,         ///< A sync fails and is taken for done (a trait of the disk).
  kStaleCount,               ///< A commit now and then leaves the counts as they were.
  kReuseCommitNumber,        ///< Two commits get one number.
  kAcknowledgeBeforeCommit,  ///< Commits are done a moment after they are said to be.
};

inline constexpr struct {
  Defect defect;
  const char* name;
} kDefects[] = {
    {Defect::kAcknowledgeBeforeSync, "acknowledge-before-sync"},
    {Defect::kSkipIndexPut, "skip-index-put"},
    {Defect::kTwoCommits, "two-commits"},
    {Defect::kIgnoreFailedSync, "ignore-failed-sync"},
    {Defect::kStaleCount, "stale-count"},
    {Defect::kReuseCommitNumber, "reuse-commit-number"},
    {Defect::kAcknowledgeBeforeCommit, "acknowledge-before-commit"},
};

std::optional<Defect> FindDefect(std::string_view name);

/// Whether killing a process, whose writes the system keeps, can show the defect.
constexpr bool ShowsWhenKilled(Defect defect) {
  return defect == Defect::kSkipIndexPut || defect == Defect::kTwoCommits ||
         defect == Defect::kStaleCount || defect == Defect::kAcknowledgeBeforeCommit;
}

/// `store` with the defect. kIgnoreFailedSync is planted in the disk:
/// SimulatedDisk::LieAboutLogSyncs.
std::unique_ptr<kv::Store> PlantIn(std::unique_ptr<kv::Store> store, Defect defect);

}  // namespace cairn::harness
