// SPDX-License-Identifier: Apache-2.0
// Deletes what TTL indexes say has expired: documents whose date lies further back than
// expireAfterSeconds. A thread makes a pass from time to time; deletes are ordinary ones, in small
// batches with pauses between them, so that they do not crowd out other writes. Thread safety:
// RunPass may be called from any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "query/engine.h"

namespace cairn {

class TtlMonitor {
 public:
  static constexpr int kBatchDocuments = 500;
  static constexpr int64_t kPauseMs = 20;  ///< Between two batches.
  /// Of one index in one pass; the rest is for the next one.
  static constexpr int64_t kDeletesPerPassMax = 100'000;

  /// Borrows `engine`. A pass every `interval_ms`; 0: none but those asked for.
  TtlMonitor(Engine* engine, int64_t interval_ms);
  ~TtlMonitor();
  TtlMonitor(const TtlMonitor&) = delete;
  TtlMonitor& operator=(const TtlMonitor&) = delete;

  /// Deletes what has expired at `now_ms`, wall time. Returns how many documents.
  int64_t RunPass(int64_t now_ms);

 private:
  void Run(int64_t interval_ms);
  /// False when the monitor is being stopped.
  bool Sleep(int64_t ms);
  int64_t Expire(const catalog::Collection& collection, const catalog::IndexSpec& index,
                 int64_t now_ms);

  Engine* const engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace cairn
