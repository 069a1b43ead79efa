// SPDX-License-Identifier: Apache-2.0
// How much memory the server takes at most under requests that each want much of it. Needs /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace cairn::harness {

/// The most memory that a process has had, in MiB; 0 where that is not shown.
uint64_t PeakMib(pid_t pid);

/// A server with --memory-mb `mib` under 48 clients that insert documents of up to 1 MB, read,
/// sort and group them, for `seconds`. Prints figures; 0 when the peak stays within 120 % and every
/// request had an answer.
int MeasureMemory(uint64_t mib, uint64_t seconds);

}  // namespace cairn::harness
