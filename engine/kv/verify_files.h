// SPDX-License-Identifier: Apache-2.0
// Looks at the files of a store that nobody has open, without changing one: logs and manifests
// against the sizes that were noted as synced, logs and tables against their checksums, the end of
// the commit log against the high-water mark. Thread safety: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/kv/open.h"

namespace cairn::kv {

struct FileReport {
  uint64_t files = 0;
  uint64_t bytes = 0;
  bool opens = false;                ///< It can be opened for reading, maybe without all of it.
  CommitNumber mark = 0;             ///< Of the high-water mark; 0 without one.
  CommitNumber recovered = 0;        ///< Where the log ends.
  std::vector<std::string> damages;  ///< Each names its file.
};

/// Errors: as of opening a store for reading only, for what is no store, or open elsewhere.
Result<FileReport> VerifyFiles(const OpenOptions& options);

}  // namespace cairn::kv
