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
  input_.reset();
  context_->ReleaseSnapshot();
  return sorter_.Finish();
}

Result<bool> Sorter::Next() {
  if (input_ != nullptr) CAIRN_TRY(Fill());
  CAIRN_TRY_ASSIGN(const bool more, sorter_.Next());
  if (more) row_ = sorter_.row();
  return more;
}

}  // namespace cairn::exec
