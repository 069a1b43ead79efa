// SPDX-License-Identifier: Apache-2.0
// The error of work that would hold too much. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cairn/status.h"
#include "cairn/work_memory.h"

namespace cairn::base {

/// Of an operator that may hold no more than `bytes_max` and cannot go on with less than `bytes`:
/// QueryExceededMemoryLimitNoDiskUseAllowed; TemporarilyUnavailable when it is within its bound,
/// and others have what there is.
Status OutOfMemory(const char* what, size_t bytes, size_t bytes_max);
/// Of a share that could not cover so much: whether it could if it were not for the work of others.
/// OperationBytes are its own.
bool OthersAreInTheWay(size_t bytes, MemoryShare::Use use = MemoryShare::Use::kKept);
/// An operation begins on this thread, or begins again.
void BeginOperation();
/// What this thread has come to hold since then; less than 0 when it has given back more.
int64_t OperationBytes();
/// TemporarilyUnavailable: `what`, such as "$lookup", cannot go on while others have the memory.
Status OthersHoldMemory(const char* what);

}  // namespace cairn::base
