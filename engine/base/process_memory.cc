// SPDX-License-Identifier: Apache-2.0
#include "engine/base/process_memory.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdlib>

namespace cairn::base {
namespace {

constexpr int64_t kFreshMs = 4;

}  // namespace

ProcessMemory::ProcessMemory() : file_(open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

ProcessMemory::~ProcessMemory() {
  if (file_ >= 0) close(file_);
}

size_t ProcessMemory::Held(int64_t now_ms) {
  int64_t read_ms = read_ms_.load(std::memory_order_relaxed);
  if (now_ms - read_ms >= kFreshMs && read_ms_.compare_exchange_strong(read_ms, now_ms)) {
    Read(now_ms);
  }
  return held_.load(std::memory_order_relaxed);
}

bool ProcessMemory::Trim(int64_t now_ms, int64_t every_ms) {
  int64_t trimmed_ms = trimmed_ms_.load(std::memory_order_relaxed);
  if (now_ms - trimmed_ms < every_ms || !trimmed_ms_.compare_exchange_strong(trimmed_ms, now_ms)) {
    return false;
  }
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  Read(now_ms);
  return true;
}

// The file says in pages: all, those in memory, …
void ProcessMemory::Read(int64_t now_ms) {
  char text[64];
  const ssize_t length = file_ < 0 ? -1 : pread(file_, text, sizeof(text) - 1, 0);
  if (length <= 0) return;
  text[length] = '\0';
  char* end = nullptr;
  static_cast<void>(std::strtoull(text, &end, 10));
  static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  held_.store(std::strtoull(end, nullptr, 10) * page, std::memory_order_relaxed);
  read_ms_.store(now_ms, std::memory_order_relaxed);
}

}  // namespace cairn::base
