// SPDX-License-Identifier: Apache-2.0
#include "server/cli/memory_limit.h"

#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <limits>

namespace cairn::server {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();
constexpr int kArenasMax = 2;
constexpr int kKeptBytesMax = 1 << 20;
constexpr int kMappedBytesMin = 128 << 10;
constexpr size_t kBytesOfWorker = size_t{8} << 20;
constexpr size_t kWorkersMin = 4;
constexpr size_t kBytesOfWaiting = size_t{1} << 19;
constexpr size_t kWaitingMin = 16;
constexpr size_t kWaitingMax = 256;

// "max" is no number.
uint64_t ReadLimit(const std::string& path) {
  std::ifstream file(path);
  uint64_t bytes = 0;
  return file >> bytes ? bytes : kNoLimit;
}

}  // namespace

uint64_t MemoryLimitBytes(const std::string& root, const std::string& membership) {
  // Version 2 has one hierarchy: the line "0::/path".
  std::ifstream file(membership);
  std::string group;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::")) group = line.substr(3);
  }
  uint64_t limit = ReadLimit(root + "/memory.max");
  while (group.size() > 1) {
    limit = std::min(limit, ReadLimit(root + group + "/memory.max"));
    group.resize(group.find_last_of('/'));
  }
  return limit;
}

size_t MemoryMbWithin(size_t wanted_mb, uint64_t limit_bytes) {
  const uint64_t part_mb = limit_bytes / 4 * 3 >> 20;
  return static_cast<size_t>(std::clamp<uint64_t>(part_mb, kMemoryMbMin, wanted_mb));
}

int WorkersWithin(int wanted, size_t memory_bytes) {
  const size_t fitting = std::max(WorkBytesOf(memory_bytes) / kBytesOfWorker, kWorkersMin);
  return static_cast<int>(std::min(fitting, static_cast<size_t>(wanted)));
}

size_t WaitingWithin(size_t memory_bytes) {
  return std::clamp(WorkBytesOf(memory_bytes) / kBytesOfWaiting, kWaitingMin, kWaitingMax);
}

void BoundAllocator() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, kArenasMax);
  mallopt(M_MMAP_THRESHOLD, kMappedBytesMin);
  mallopt(M_TRIM_THRESHOLD, kKeptBytesMax);
#endif
}

}  // namespace cairn::server
