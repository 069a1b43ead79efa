// SPDX-License-Identifier: Apache-2.0
#include "query/exec/id_points.h"

#include "engine/base/try.h"

namespace cairn::exec {

Result<bool> IdPoints::Next() {
  while (true) {
    CAIRN_TRY_ASSIGN(const bool found, fetched_.Next(&row_));
    if (found) {
      ++statistics_.docs_examined;
      ++statistics_.keys_examined;
      CAIRN_TRY_ASSIGN(const bool matches, filter_->Matches(row_.document));
      if (matches) {
        ++statistics_.advanced;
        return true;
      }
      continue;
    }
    Pause();
    if (batch_begin_ == suffixes_.size()) {
      statistics_.ended = true;
      return false;
    }
    if (batch_begin_ != 0) {
      CAIRN_TRY_ASSIGN(const bool renew, context_->Check());
      if (renew) context_->ReleaseSnapshot();
    }
    for (size_t i = batch_begin_; i < suffixes_.size() && !fetched_.Full(); ++i) {
      fetched_.Add(context_->collection().id, suffixes_[i]);
    }
    CAIRN_TRY_ASSIGN(kv::Reader* const reader, context_->Reader());
    CAIRN_TRY(fetched_.Read(reader));
  }
}

}  // namespace cairn::exec
