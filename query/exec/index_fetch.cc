// SPDX-License-Identifier: Apache-2.0
// The resume position is the key of the last entry whose document has been looked at, not that of
// the last entry read: documents of a batch that a pause cuts off are read again.
#include "query/exec/index_fetch.h"

#include "engine/base/try.h"

namespace cairn::exec {

Status IndexFetch::Open() {
  CAIRN_TRY_ASSIGN(kv::Reader* const reader, context_->Reader());
  const catalog::IndexSpec* index = context_->snapshot_collection().FindIndex(plan_->index_name);
  if (index == nullptr || index->id != plan_->index_id || !index->ready) {
    return Status(ErrorCode::kQueryPlanKilled, "index '" + plan_->index_name + "' dropped");
  }
  if (index->multikey && intervals_ == &plan_->intervals && !plan_->multikey_intervals.empty()) {
    // Wider bounds from the start; what was given already is in seen_.
    intervals_ = &plan_->multikey_intervals;
    resume_key_.clear();
  }
  const key::Range whole = {intervals_->front().begin, intervals_->back().end};
  scan_ = context_->store().ScanIndex(*reader, *index, whole, kv::ScanOptions{});
  interval_ = 0;
  ended_ = false;
  if (!resume_key_.empty()) scan_->SkipTo(resume_key_ + '\0');
  return Status::Ok();
}

bool IndexFetch::NextEntry() {
  while (scan_->Next()) {
    const std::string_view fields = scan_->key().substr(sizeof(uint32_t));
    while (!(*intervals_)[interval_].end.empty() && fields >= (*intervals_)[interval_].end) {
      if (++interval_ == intervals_->size()) return false;
    }
    const std::string& begin = (*intervals_)[interval_].begin;
    if (fields >= begin) return true;
    scan_->SkipTo(key::IdPrefix(plan_->index_id) + begin);
  }
  return false;
}

void IndexFetch::AddEntry() {
  const size_t i = fetched_.size();
  if (i == entry_keys_.size()) entry_keys_.emplace_back();
  entry_keys_[i].assign(scan_->key());
  fetched_.Add(context_->collection().id, scan_->suffix());
}

Result<bool> IndexFetch::Refill() {
  fetched_.Clear();
  while (!ended_ && !fetched_.Full()) {
    if (scan_ == nullptr) CAIRN_TRY(Open());
    if (!NextEntry()) {
      CAIRN_TRY(scan_->status());
      ended_ = true;
    } else if (!plan_->may_repeat || !seen_.Contains(scan_->suffix())) {
      AddEntry();
    } else if (context_->Due()) {
      // Many entries of documents that were given before: time passes here, too.
      CAIRN_TRY_ASSIGN(const bool renew, context_->Check());
      if (!renew) continue;
      if (fetched_.size() != 0) break;
      resume_key_.assign(scan_->key());
      scan_.reset();
      context_->ReleaseSnapshot();
    }
  }
  if (fetched_.size() == 0) return false;
  CAIRN_TRY_ASSIGN(kv::Reader* const reader, context_->Reader());
  CAIRN_TRY(fetched_.Read(reader));
  return true;
}

Result<bool> IndexFetch::Next() {
  while (true) {
    if (context_->Due()) {
      CAIRN_TRY_ASSIGN(const bool renew, context_->Check());
      if (renew) {
        Pause();
        context_->ReleaseSnapshot();
      }
    }
    CAIRN_TRY_ASSIGN(const bool found, fetched_.Next(&row_));
    if (!found) {
      // All of the batch has been looked at: a pause goes on behind it.
      if (fetched_.size() != 0) resume_key_ = entry_keys_[fetched_.size() - 1];
      CAIRN_TRY_ASSIGN(const bool more, Refill());
      if (!more) return false;
      continue;
    }
    CAIRN_TRY_ASSIGN(const bool matches, filter_->Matches(row_.document));
    if (!matches) continue;
    if (plan_->may_repeat) {
      CAIRN_TRY_ASSIGN(const bool first_time, seen_.Insert(row_.suffix));
      if (!first_time) continue;
    }
    return true;
  }
}

void IndexFetch::Pause() {
  if (fetched_.examined() != 0) resume_key_ = entry_keys_[fetched_.examined() - 1];
  fetched_.Clear();
  scan_.reset();
  ended_ = false;
}

}  // namespace cairn::exec
