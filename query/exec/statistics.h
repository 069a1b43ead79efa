// SPDX-License-Identifier: Apache-2.0
// What an operator has done, for explain and for comparing plans. Plain values; belongs to one
// Execution.
#pragma once

#include <cstdint>

namespace cairn::exec {

struct Statistics {
  uint64_t advanced = 0;       ///< Rows or entries given.
  uint64_t keys_examined = 0;  ///< Index entries looked at.
  uint64_t docs_examined = 0;  ///< Documents looked at.
  uint64_t seeks = 0;          ///< Jumps within an index, the first one included.
  uint64_t duplicates = 0;     ///< Left out, as they were given before.
  uint64_t bytes_sorted = 0;   ///< Of a sort: its rows and their keys.
  bool used_disk = false;      ///< Of a sort.
  int64_t time_us = 0;         ///< Spent in it and below it, of a query that is explained.
  bool ended = false;          ///< Nothing is left.
};

}  // namespace cairn::exec
