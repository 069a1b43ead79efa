// SPDX-License-Identifier: Apache-2.0
#include "query/exec/sorter.h"

#include "engine/base/try.h"

namespace cairn::exec {

Status Sorter::Fill() {
  while (true) {
    CAIRN_TRY_ASSIGN(const bool more, input_->Next());
    if (!more) break;
    CAIRN_TRY(sorter_.Add(input_->row()));
  }
  statistics_.bytes_sorted = sorter_.bytes_added();
  filled_ = true;
  input_->Pause();
  context_->ReleaseSnapshot();
  CAIRN_TRY(sorter_.Finish());
  statistics_.used_disk = sorter_.spills().count > 0;
  return Status::Ok();
}

void Sorter::Pause() {
  if (!filled_) input_->Pause();
}

Result<bool> Sorter::Next() {
  if (!filled_) CAIRN_TRY(Fill());
  CAIRN_TRY_ASSIGN(const bool more, sorter_.Next());
  if (more) {
    row_ = sorter_.row();
    ++statistics_.advanced;
  } else {
    statistics_.ended = true;
  }
  return more;
}

}  // namespace cairn::exec
