// SPDX-License-Identifier: Apache-2.0
// Makes a sound store out of a damaged one, from what can be read of its documents: in its tables,
// and over that the newest state of those that its logs know, as far as the logs reach back without
// a gap. Indexes are built anew, counts are counted, the commit log begins anew. Thread safety: one
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/index/document_filter.h"
#include "engine/kv/open.h"

namespace cairn::store {

struct RepairReport {
  uint64_t collections = 0;
  uint64_t indexes = 0;
  uint64_t documents = 0;
  std::vector<std::string> damages;  ///< Of files, a line each.
  /// What is gone, a line each; empty when nothing is.
  std::vector<std::string> lost;
  std::string damaged_directory;  ///< Where the store as it was is kept.
};

/// Replaces the store in options.path; the damaged one is moved aside, to a name with ".damaged"
/// behind it. Nothing is changed when it fails. `compiler` as of DocumentStore::Open. Errors: as of
/// OpenForSalvage (engine/kv/salvage.h); OperationFailed when files cannot be written or moved.
Result<RepairReport> RepairStore(const kv::OpenOptions& options, index::FilterCompiler compiler);

}  // namespace cairn::store
