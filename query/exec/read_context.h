// SPDX-License-Identifier: Apache-2.0
// What the operators of one query share: the snapshot they read, and when to give it back or to
// stop.
//
// Invariants: a snapshot is held for about kSnapshotMsMax and kSnapshotRowsMax rows at the most,
// however little a scan finds, so that old versions can be reclaimed; time is looked at every
// kRowsBetweenChecks rows. Thread safety: belongs to its Execution.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "cairn/status.h"
#include "cairn/work_memory.h"
#include "engine/base/clock.h"
#include "engine/base/deadline.h"
#include "engine/store/document_store.h"

namespace cairn::plan {
class PlanCache;
class QuerySettings;
}  // namespace cairn::plan

namespace cairn::exec {

inline constexpr int kRowsBetweenChecks = 128;
inline constexpr int kSnapshotRowsMax = 10000;
inline constexpr int64_t kSnapshotMsMax = 100;
/// Memory of one blocking operator, as MongoDB's internalQueryMaxBlockingSortMemoryUsageBytes.
inline constexpr size_t kOperatorBytesMax = size_t{100} << 20;

/// What queries run in. Borrowed, and alive as long as the Database.
struct Environment {
  store::DocumentStore* store = nullptr;
  base::Clock* clock = nullptr;
  /// Collections above this size are scanned past the block cache.
  size_t scan_cache_bytes = 0;
  /// Where temporary files go; empty: nothing goes to disk.
  std::string_view temporary_directory = {};
  /// What is remembered of plans; null: nothing.
  plan::PlanCache* plans = nullptr;
  /// What is said about reads by their shapes; null: nothing.
  const plan::QuerySettings* query_settings = nullptr;
};

class ReadContext {
 public:
  /// Borrows `deadline`. `timed`: how long operators take is measured.
  ReadContext(const Environment& environment, store::CollectionPtr collection,
              base::Deadline* deadline, bool timed)
      : environment_(environment),
        collection_(std::move(collection)),
        deadline_(deadline),
        timed_(timed) {}

  const Environment& environment() const { return environment_; }
  bool timed() const { return timed_; }
  store::DocumentStore& store() const { return *environment_.store; }
  const catalog::Collection& collection() const { return *collection_; }

  /// The snapshot; takes one when none is held. Error QueryPlanKilled when the collection is gone.
  Result<kv::Reader*> Reader();
  void ReleaseSnapshot() { snapshot_ = {}; }
  bool HasSnapshot() const { return snapshot_.reader != nullptr; }
  /// The collection as it has to be read on the snapshot that Reader gave.
  const catalog::Collection& snapshot_collection() const { return *snapshot_.collection; }
  /// How to scan `collection` as a whole.
  bool FillCache() const;

  /// To be asked before each row; when true, call Check. Cheap.
  bool Due() { return --rows_until_check_ < 0; }
  /// Whether the operators have to give back their snapshot (remember their place and reopen)
  /// before they go on. Errors: MaxTimeMSExpired, Interrupted, TrialOver when the budget is used
  /// up.
  Result<bool> Check();
  /// The same for operators below the topmost one: where that has to renew the snapshot they give
  /// it error TrialOver, and TakeRenewal tells it why.
  Status CheckBelow();
  bool TakeRenewal() { return std::exchange(renewal_wanted_, false); }
  /// After so many rows Check gives error TrialOver; the operators can go on with a new budget.
  void SetBudget(int64_t rows);

 private:
  const Environment environment_;
  const store::CollectionPtr collection_;
  base::Deadline* const deadline_;
  const bool timed_;
  store::CollectionSnapshot snapshot_;
  int64_t snapshot_us_ = 0;  // When it was taken.
  int snapshot_rows_ = 0;    // Examined since.
  int rows_until_check_ = kRowsBetweenChecks;
  int rows_between_ = kRowsBetweenChecks;  // What rows_until_check_ began with.
  int64_t budget_ = INT64_MAX;             // Rows.
  bool renewal_wanted_ = false;
};

/// Whether an operator may hold `bytes`; `share` covers them then.
inline bool Fits(size_t bytes, MemoryShare* share) {
  return bytes <= kOperatorBytesMax && share->Cover(bytes);
}

/// The error of one that may not, as base::OutOfMemory.
Status OutOfMemory(const char* what, size_t bytes);

}  // namespace cairn::exec
