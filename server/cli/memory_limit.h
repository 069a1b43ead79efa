// SPDX-License-Identifier: Apache-2.0
// How much memory caches may take when nobody says. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace cairn::server {

/// The least memory.max of the control groups that the process is in, or the most there is. `root`
/// and `membership` are where the system shows them.
uint64_t MemoryLimitBytes(const std::string& root = "/sys/fs/cgroup",
                          const std::string& membership = "/proc/self/cgroup");

/// For --cache-mb: `wanted`, but at most half of the limit and at least 8 MiB.
size_t CacheMbWithin(size_t wanted_mb, uint64_t limit_bytes);

}  // namespace cairn::server
