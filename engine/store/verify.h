// SPDX-License-Identifier: Apache-2.0
// Checks everything that a store holds: its files, every collection (documents against index
// entries both ways, BSON, unique keys, counts), ids that belong to nothing, and the commit log
// from its oldest commit to the newest one. Either all of a directory that nobody has open, without
// changing it, or an open store a part at a time, except for its collections, which
// DocumentStore::Validate checks. Thread safety: VerifyStore one thread, VerifyPart any.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/index/document_filter.h"
#include "engine/kv/open.h"
#include "engine/store/document_store.h"

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

/// `compiler` as of DocumentStore::Open. Errors: StoreLocked, StoreFormatUnknown, NamespaceNotFound
/// for a directory without a store.
Result<VerifyReport> VerifyStore(const kv::OpenOptions& options, index::FilterCompiler compiler);

/// What a part of a check of an open store found. Fields that it says nothing about are 0.
struct VerifiedPart {
  uint64_t files = 0;
  uint64_t bytes = 0;
  kv::CommitNumber oldest_commit = 0;
  kv::CommitNumber newest_commit = 0;
  std::vector<std::string> damages;
  std::string next;  ///< Where the next part begins; empty: this was the last one.
};

/// A part of the work, while the store is in use. `from`: empty for the first part, then `next` of
/// the part before. `time`: of following the log, once its beginning is found; each part gets on,
/// however short that is. Error BadValue for another text.
Result<VerifiedPart> VerifyPart(DocumentStore* store, std::string_view from,
                                std::chrono::milliseconds time = std::chrono::seconds(1));

}  // namespace cairn::store
