// SPDX-License-Identifier: Apache-2.0
// Keeps documents in their order to be read several times: in memory up to kOperatorBytesMax,
// beyond that in an unlinked temporary file, where that is allowed. Documents lie one behind
// another. Thread safety: belongs to its operator.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "cairn/work_memory.h"
#include "engine/index/temporary_file.h"

namespace cairn::exec {

class RowBuffer {
 public:
  /// `spill_directory`: empty when nothing may go to disk.
  explicit RowBuffer(std::string spill_directory) : file_(std::move(spill_directory)) {}

  /// Copies. Errors: QueryExceededMemoryLimitNoDiskUseAllowed, OutOfDiskSpace.
  Status Add(bson::View document);
  /// No Add after the first; Next begins at the first document.
  Status Rewind();
  /// Moves to the next document; false at the end. Valid until the next Next.
  Result<bool> Next(bson::View* document);

 private:
  Status Spill();
  /// Makes `bytes` bytes from at_ on available in window_; false at the end.
  Result<bool> Ensure(size_t bytes);

  index::TemporaryFile file_;
  std::vector<std::string> blocks_;  // In memory, in order.
  size_t bytes_ = 0;                 // In blocks_.
  MemoryShare share_;
  // Reading: the blocks, or a window into the file.
  size_t block_ = 0;
  size_t at_ = 0;
  std::string window_;
  uint64_t window_end_ = 0;  // In the file.
};

}  // namespace cairn::exec
