// SPDX-License-Identifier: Apache-2.0
// The real server program on a small file system that gets full and gets space again: what cannot
// be written is refused with OutOfDiskSpace, reads are answered, writes come back by themselves.
// Thread safety: one thread.
#pragma once

#include <cstdint>

namespace cairn::harness {

/// Needs the right to mount a tmpfs; says so when it is not there. Prints the figures; 0: no
/// violation.
int FillDisks(uint64_t cycles);

}  // namespace cairn::harness
