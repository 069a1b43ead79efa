// SPDX-License-Identifier: Apache-2.0
// Opens a store on a simulated disk, with or without a planted defect. Thread safety: any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "engine/store/document_store.h"
#include "tests/harness/planted_store.h"
#include "tests/harness/simulated_disk.h"

namespace cairn::harness {

/// What a store logged last, for reports.
class LogTail {
 public:
  LogSink Sink();
  std::string Text() const;

 private:
  static constexpr size_t kBytesMax = 4000;
  mutable std::mutex mutex_;
  std::string text_;  // guarded by mutex_
};

struct Opening {
  Defect defect = Defect::kNone;
  /// Small: memtables are flushed after about a megabyte.
  size_t cache_bytes = size_t{4} << 20;
  uint64_t log_bytes = uint64_t{1} << 30;
  int64_t sync_interval_ms = 100;
  bool accept_data_loss = false;
  LogTail* log = nullptr;
};

/// Makes the store's parent directory for good, as a mounted file system is. To be done before
/// faults are planned.
void PrepareDisk(SimulatedDisk* disk);

/// `recovered` may be null; else it gets the newest commit that was on the disk, before the store
/// makes commits of its own (giving up interrupted index builds, reclaiming).
Result<std::unique_ptr<store::DocumentStore>> OpenOn(SimulatedDisk* disk, const Opening& opening,
                                                     kv::CommitNumber* recovered = nullptr);

}  // namespace cairn::harness
