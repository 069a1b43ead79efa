// SPDX-License-Identifier: Apache-2.0
// How much memory caches may take when nobody says, and how much the allocator keeps for itself.
// Thread safety: BoundAllocator before there are threads; the rest any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace cairn::server {

/// The least memory.max of the control groups that the process is in, or the most there is. `root`
/// and `membership` are where the system shows them.
uint64_t MemoryLimitBytes(const std::string& root = "/sys/fs/cgroup",
                          const std::string& membership = "/proc/self/cgroup");

/// For --memory-mb: `wanted`, but at most three quarters of the limit and at least the least there
/// is.
size_t MemoryMbWithin(size_t wanted_mb, uint64_t limit_bytes);
inline constexpr size_t kMemoryMbMin = 128;

/// How a server shares out the memory that it may take. The rest is for what nobody counts: code,
/// threads, what requests make of documents for a moment, and what the allocator keeps.
inline size_t CacheBytesOf(size_t memory_bytes) { return memory_bytes / 4; }
inline size_t WorkBytesOf(size_t memory_bytes) {
  constexpr size_t kFixedBytes = size_t{64} << 20;
  return memory_bytes <= kFixedBytes ? 0 : (memory_bytes - kFixedBytes) / 5 * 2;
}
/// How many requests at a time: each may have a large document in its hands.
int WorkersWithin(int wanted, size_t memory_bytes);
/// How many may wait for their turn: each keeps a thread, and what it has made so far.
size_t WaitingWithin(size_t memory_bytes);

/// Lets memory that requests have freed go back to the system. The C library by itself has eight
/// arenas a core, each of which keeps what was ever needed in it.
void BoundAllocator();

}  // namespace cairn::server
