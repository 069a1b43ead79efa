// SPDX-License-Identifier: Apache-2.0
// Looks at the files of a store without changing one: logs and manifests against the sizes that
// were noted as synced, manifests and tables against their checksums, the end of the commit log
// against the high-water mark. The logs of a store that nobody has open are read too; those of an
// open one are for its LogReader. Thread safety: VerifyFiles one thread, CheckFiles any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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

/// What a look at some of the files of an open store found.
struct FileCheck {
  uint64_t files = 0;  ///< That there are; 0 when this was not the first look.
  uint64_t bytes = 0;
  std::vector<std::string> damages;  ///< Each names its file.
  std::string next;                  ///< Where the next look begins; empty: this was the last one.
};

/// A Store that has files is one of these, too.
class FileChecker {
 public:
  virtual ~FileChecker() = default;
  /// Looks for about a second while the store is in use, and keeps no writer waiting. `from`:
  /// empty, then what the last look gave as `next`.
  virtual FileCheck CheckFiles(std::string_view from) = 0;
};

/// Errors: as of opening a store for reading only, for what is no store, or open elsewhere.
Result<FileReport> VerifyFiles(const OpenOptions& options);

}  // namespace cairn::kv
