// SPDX-License-Identifier: Apache-2.0
#include "query/exec/collection_scan.h"

#include "engine/base/try.h"

namespace cairn::exec {

Status CollectionScan::Open() {
  CAIRN_TRY_ASSIGN(kv::Reader* const reader, context_->Reader());
  if (!seen_.empty()) CAIRN_TRY(CheckPosition(reader));
  kv::ScanOptions options;
  options.reverse = reverse_;
  options.fill_cache = context_->FillCache();
  scan_ = context_->store().ScanDocuments(*reader, context_->collection(), range_, options);
  at_row_ = false;
  return Status::Ok();
}

Result<bool> CollectionScan::Next() {
  while (true) {
    if (scan_ == nullptr) CAIRN_TRY(Open());
    while (!context_->Due()) {
      if (!scan_->Next()) {
        at_row_ = false;
        CAIRN_TRY(scan_->status());
        statistics_.ended = true;
        return false;
      }
      at_row_ = true;
      ++statistics_.docs_examined;
      if (tailable_) [[unlikely]]
        seen_.assign(scan_->suffix());
      row_.document = scan_->document();
      if (!all_match_) {
        CAIRN_TRY_ASSIGN(const bool matches, filter_->Matches(row_.document));
        if (!matches) continue;
      }
      row_.suffix = scan_->suffix();
      ++statistics_.advanced;
      return true;
    }
    CAIRN_TRY_ASSIGN(const bool renew, context_->Check());
    if (renew) {
      Pause();
      context_->ReleaseSnapshot();
    }
  }
}

void CollectionScan::Pause() {
  if (scan_ != nullptr && at_row_) {
    std::string& bound = reverse_ ? range_.end : range_.begin;
    bound.assign(scan_->suffix());
    // Behind a key comes that key and a NUL; an end is exclusive already.
    if (!reverse_) bound.push_back('\0');
  }
  if (!seen_.empty()) {
    range_.begin = seen_;
    range_.begin.push_back('\0');
  }
  scan_.reset();
  at_row_ = false;
}

// What was overwritten may have taken documents with it that were never given.
Status CollectionScan::CheckPosition(kv::Reader* reader) const {
  kv::PinnedValue value;
  bson::View document;
  CAIRN_TRY_ASSIGN(const bool exists, context_->store().Read(*reader, context_->collection(), seen_,
                                                             &value, &document));
  if (exists) return Status::Ok();
  return Status(ErrorCode::kCappedPositionLost,
                "CollectionScan died due to position in capped collection being deleted");
}

}  // namespace cairn::exec
