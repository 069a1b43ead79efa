// SPDX-License-Identifier: Apache-2.0
// How long the server program takes to be ready after a kill with much in its logs, and to exit
// after SIGTERM while clients write. Thread safety: one thread.
#pragma once

#include <cstdint>

namespace cairn::harness {

/// `mib` of logs. Prints the figures; 0 when all are within 5 s, else 1.
int MeasureTimes(uint64_t mib);

}  // namespace cairn::harness
