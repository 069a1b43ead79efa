// SPDX-License-Identifier: Apache-2.0
// Gets what can be read out of a damaged store. Thread safety: one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kv/open.h"

namespace cairn::kv {

/// A damaged store in `options.path`, open for reading as far as it goes. Where its manifest or a
/// table cannot be used at all, that is a copy in `work` (tables are linked, not copied) with a
/// manifest made anew from the tables and logs that can be; `notes` says so. The original is never
/// changed. Errors: as of opening a store for reading only; what makes the copy fail.
Result<std::unique_ptr<Store>> OpenForSalvage(const OpenOptions& options, const std::string& work,
                                              std::vector<std::string>* notes);

/// Keys that cannot be read: from `begin` to before `end`, which is empty at the end of a family.
struct Gap {
  std::string begin;
  std::string end;
  Status why;
};

/// Calls `take` with each entry of `range` that can be read, in key order. Beyond a place that
/// cannot be, reading goes on from wherever it can. Returns the gaps, none when all was read.
std::vector<Gap> ReadAround(
    Reader* reader, Family family, const Range& range,
    const std::function<void(std::string_view key, std::string_view value)>& take);

/// The newest commits that stand in a store's logs, the archived ones included, without a gap.
struct LoggedCommits {
  CommitNumber first = 0;  ///< 0: there are none.
  CommitNumber last = 0;
  uint64_t batches = 0;      ///< Of all commits in the logs.
  uint64_t first_batch = 0;  ///< That `first` stands in, counted from 1.
};
/// Reads files only, whatever state the store is in. What is damaged ends its log.
LoggedCommits FindLoggedCommits(const std::string& directory);

/// A put or delete of a commit. The counts that a group of commits shares belong to its first one.
struct LoggedWrite {
  CommitNumber commit = 0;
  Family family = Family::kCatalog;
  bool put = false;
  std::string_view key;
  std::string_view value;
};
/// Calls `take` with each write of these commits, in their order.
void ReadLoggedCommits(const std::string& directory, const LoggedCommits& commits,
                       const std::function<void(const LoggedWrite&)>& take);

}  // namespace cairn::kv
