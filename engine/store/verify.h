// SPDX-License-Identifier: Apache-2.0
// Checks everything that a store's directory holds, without changing it: its files
// (engine/kv/verify_files.h), every collection (documents against index entries both ways, BSON,
// unique keys, counts), ids that belong to nothing, and the commit log from its oldest commit to
// the newest one. Thread safety: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/kv/open.h"

namespace cairn::store {

struct VerifyReport {
  uint64_t files = 0;
  uint64_t bytes = 0;
  uint64_t collections = 0;
  int64_t documents = 0;
  int64_t index_entries = 0;
  kv::CommitNumber oldest_commit = 0;  ///< That the log still has; 0: none.
  kv::CommitNumber newest_commit = 0;
  /// Empty when all is well. Each names its file, collection, key or commit.
  std::vector<std::string> damages;
};

/// Errors: StoreLocked, StoreFormatUnknown, NamespaceNotFound for a directory without a store.
Result<VerifyReport> VerifyStore(const kv::OpenOptions& options);

}  // namespace cairn::store
