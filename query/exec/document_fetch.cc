// SPDX-License-Identifier: Apache-2.0
// A pause keeps what of the batch has not been looked at yet: those documents are read again.
#include "query/exec/document_fetch.h"

#include <utility>

#include "engine/base/try.h"

namespace cairn::exec {

Status DocumentFetch::Renew() {
  Pause();
  context_->ReleaseSnapshot();
  return Status::Ok();
}

Result<bool> DocumentFetch::Refill() {
  if (fetched_.Looked()) {
    fetched_.Clear();
    if (wanted_ > statistics_.advanced) fetched_.Expect(wanted_ - statistics_.advanced);
  }
  while (!ended_ && !fetched_.Full()) {
    Result<bool> more = entries_->Next();
    if (!more.ok()) {
      if (more.status().code() != ErrorCode::kTrialOver || !context_->TakeRenewal()) return more;
      CAIRN_TRY(Renew());
      continue;
    }
    if (!*more) {
      ended_ = true;
      break;
    }
    const std::string_view suffix = entries_->entry().suffix;
    if (may_repeat_ && seen_.Contains(suffix)) {
      ++statistics_.duplicates;
      continue;
    }
    fetched_.Add(context_->collection().id, suffix);
  }
  if (fetched_.size() == 0) return false;
  CAIRN_TRY_ASSIGN(kv::Reader* const reader, context_->Reader());
  CAIRN_TRY(fetched_.Read(reader));
  return true;
}

Result<bool> DocumentFetch::Next() {
  while (true) {
    if (context_->Due()) {
      CAIRN_TRY_ASSIGN(const bool renew, context_->Check());
      if (renew) CAIRN_TRY(Renew());
    }
    if (fetched_.Looked() || !fetched_.IsRead()) {
      CAIRN_TRY_ASSIGN(const bool more, Refill());
      if (!more) break;
    }
    CAIRN_TRY_ASSIGN(const bool found, fetched_.Next(&row_));
    if (!found) continue;
    ++statistics_.docs_examined;
    CAIRN_TRY_ASSIGN(const bool matches, filter_->Matches(row_.document));
    if (!matches) continue;
    if (may_repeat_) {
      CAIRN_TRY_ASSIGN(const bool first_time, seen_.Insert(row_.suffix));
      if (!first_time) {
        ++statistics_.duplicates;
        continue;
      }
    }
    ++statistics_.advanced;
    return true;
  }
  statistics_.ended = true;
  return false;
}

void DocumentFetch::Pause() {
  entries_->Pause();
  fetched_.Release();
}

}  // namespace cairn::exec
