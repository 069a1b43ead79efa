// SPDX-License-Identifier: Apache-2.0
// Checking and repairing a directory that no process has open, and what a check of an open one
// finds (Database::VerifyPart).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/export.h"
#include "cairn/log.h"
#include "cairn/status.h"

namespace cairn {

/// What a check of a directory found.
struct DirectoryReport {
  uint64_t files = 0;
  uint64_t bytes = 0;
  uint64_t collections = 0;
  int64_t documents = 0;
  int64_t index_entries = 0;
  uint64_t oldest_commit = 0;  ///< That the log of changes still has; 0: none.
  uint64_t newest_commit = 0;
  /// Empty when all is well; each names its file, collection, document, key or commit.
  std::vector<std::string> damages;
};

/// Checks files, checksums, documents against indexes both ways, BSON, unique keys, counts, and
/// that the log of changes has no gap. Changes no file. Errors: StoreLocked while a process has it
/// open, StoreFormatUnknown, NamespaceNotFound when there is no store. One thread.
CAIRN_API Result<DirectoryReport> VerifyDirectory(const std::string& path, const LogSink& log = {});

/// A part of what is to be known of an open database beside its collections. What a part says
/// nothing about is 0.
struct VerifiedPart {
  uint64_t files = 0;
  uint64_t bytes = 0;
  uint64_t oldest_commit = 0;  ///< That was looked at in the log of changes.
  uint64_t newest_commit = 0;
  std::vector<std::string> damages;
  std::string next;  ///< What VerifyPart goes on from; empty: this was the last part.
};

/// What a repair saved and what it could not.
struct DirectoryRepair {
  uint64_t collections = 0;
  uint64_t indexes = 0;
  uint64_t documents = 0;
  std::vector<std::string> damages;  ///< Of files; each names its file.
  std::vector<std::string> lost;     ///< A line for each thing that is gone.
  std::string damaged_directory;     ///< Where the store as it was is kept.
};

/// Makes a sound store of what can be read of the documents in `path`, in its tables and in its log
/// of changes, and puts it in the place of the damaged one, which is kept beside it. Indexes are
/// built anew, and the log of changes begins anew. Needs the space of a second copy. Errors: as of
/// VerifyDirectory, and OperationFailed; then nothing has changed. One thread.
CAIRN_API Result<DirectoryRepair> RepairDirectory(const std::string& path, const LogSink& log = {});

}  // namespace cairn
