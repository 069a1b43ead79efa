// SPDX-License-Identifier: Apache-2.0
// The error of work that would hold too much. Any thread.
#pragma once

#include <cstddef>

#include "cairn/status.h"

namespace cairn::base {

/// Of an operator that may not hold `bytes_max` and more, or not as much while WorkMemory is with
/// others.
Status OutOfMemory(const char* what, size_t bytes_max);

}  // namespace cairn::base
