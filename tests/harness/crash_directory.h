// SPDX-License-Identifier: Apache-2.0
// Looks at a killed server's directory before the server is started again, without changing a file:
// the commit log continues without a gap and in order, what it says was written is exactly what the
// collections hold, and documents, index entries and counts agree. Thread safety: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/store/document_store.h"

namespace cairn::harness {

class CrashDirectory {
 public:
  /// Follows the directory from its first commit on, call by call. Empty, or what is wrong.
  std::string Check(const std::string& path);
  uint64_t commits() const { return last_; }

 private:
  using Documents = std::map<std::string, std::string>;  // BSON by suffix

  std::string FollowLog(store::DocumentStore* store);
  std::string Apply(const kv::LogReader& reader, const kv::LogEntry& entry);
  std::string CompareDocuments(store::DocumentStore* store, const catalog::Collection& collection);

  std::map<uint32_t, Documents> documents_;  // as the log says, by collection id
  kv::CommitNumber last_ = 0;
  uint64_t last_timestamp_ = 0;
};

}  // namespace cairn::harness
