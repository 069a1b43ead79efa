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

}  // namespace cairn::kv
