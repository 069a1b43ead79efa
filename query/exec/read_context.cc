// SPDX-License-Identifier: Apache-2.0
#include "query/exec/read_context.h"

#include <algorithm>
#include <string>

#include "engine/base/out_of_memory.h"
#include "engine/base/try.h"

namespace cairn::exec {

Result<kv::Reader*> ReadContext::Reader() {
  if (snapshot_.reader == nullptr) {
    snapshot_ = environment_.store->NewSnapshotOf(collection_);
    if (snapshot_.collection == nullptr) {
      ReleaseSnapshot();
      return Status(ErrorCode::kQueryPlanKilled, "collection dropped");
    }
    snapshot_us_ = environment_.clock->MonotonicUs();
    snapshot_rows_ = 0;
  }
  return snapshot_.reader.get();
}

bool ReadContext::FillCache() const {
  const kv::Counts counts = environment_.store->GetCounts(*collection_);
  return counts.bytes <= static_cast<int64_t>(environment_.scan_cache_bytes);
}

void ReadContext::SetBudget(int64_t rows) {
  budget_ = rows;
  rows_between_ = static_cast<int>(std::min<int64_t>(kRowsBetweenChecks, rows));
  rows_until_check_ = rows_between_;
}

Status ReadContext::CheckBelow() {
  Result<bool> renew = Check();
  if (!renew.ok()) return std::move(renew).status();
  if (!*renew) return Status::Ok();
  renewal_wanted_ = true;
  return Status(ErrorCode::kTrialOver, "the snapshot has to be renewed");
}

Result<bool> ReadContext::Check() {
  snapshot_rows_ += rows_between_;
  if (budget_ != INT64_MAX) {
    budget_ -= rows_between_;
    if (budget_ <= 0) {
      rows_until_check_ = 0;
      return Status(ErrorCode::kTrialOver, "the trial of a plan is over");
    }
    rows_between_ = static_cast<int>(std::min<int64_t>(kRowsBetweenChecks, budget_));
  }
  rows_until_check_ = rows_between_;
  const int64_t now_us = environment_.clock->MonotonicUs();
  CAIRN_TRY(deadline_->CheckAt(now_us));
  return snapshot_rows_ >= kSnapshotRowsMax || now_us - snapshot_us_ >= kSnapshotMsMax * 1000;
}

Status OutOfMemory(const char* what, size_t bytes) {
  return base::OutOfMemory(what, bytes, kOperatorBytesMax);
}

}  // namespace cairn::exec
