// SPDX-License-Identifier: Apache-2.0
// A stable sort that stops when the deadline of its thread does. Any thread.
#pragma once

#include <algorithm>
#include <cstddef>

#include "engine/base/deadline.h"

namespace cairn::base {

/// Elements that are sorted at once: some milliseconds.
inline constexpr ptrdiff_t kSortedAtOnce = 8192;

/// Sorts [first, last) by `less`; equal elements keep their order. Errors: MaxTimeMSExpired and
/// Interrupted, which leave them in any order.
template <typename Iterator, typename Less>
Status SortWithinDeadline(Iterator first, Iterator last, Less less) {
  const ptrdiff_t count = last - first;
  for (ptrdiff_t at = 0; at < count; at += kSortedAtOnce) {
    if (Status status = Deadline::CheckRunning(); !status.ok()) return status;
    std::stable_sort(first + at, first + std::min(at + kSortedAtOnce, count), less);
  }
  for (ptrdiff_t run = kSortedAtOnce; run < count; run *= 2) {
    for (ptrdiff_t at = 0; at + run < count; at += 2 * run) {
      if (Status status = Deadline::CheckRunning(); !status.ok()) return status;
      std::inplace_merge(first + at, first + at + run, first + std::min(at + 2 * run, count), less);
    }
  }
  return Status::Ok();
}

}  // namespace cairn::base
