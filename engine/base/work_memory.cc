// SPDX-License-Identifier: Apache-2.0
#include "cairn/work_memory.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "engine/base/out_of_memory.h"

namespace cairn {
namespace {

// Shares grow by this much, so that they seldom touch what all of them share.
constexpr size_t kStepBytes = size_t{64} << 10;

std::atomic<size_t> work_bytes{0};
std::atomic<size_t> work_bytes_max{WorkMemory::kDefaultBytesMax};
thread_local int64_t thread_work_bytes = 0;
thread_local int64_t operation_began_bytes = 0;
// Of all memory for work: what others hold, as a part of it, without being in the way.
constexpr size_t kLittle = 16;

// What is kept gets half of the memory at most.
size_t LimitOf(MemoryShare::Use use, size_t all) {
  return use == MemoryShare::Use::kKept ? all / 2 : all;
}

size_t Steps(size_t bytes) { return (bytes + kStepBytes - 1) / kStepBytes * kStepBytes; }

void GiveBack(size_t bytes) {
  work_bytes.fetch_sub(bytes, std::memory_order_relaxed);
  thread_work_bytes -= static_cast<int64_t>(bytes);
}

}  // namespace

void WorkMemory::SetBytesMax(size_t bytes) { work_bytes_max.store(bytes); }
size_t WorkMemory::bytes_max() { return work_bytes_max.load(); }
size_t WorkMemory::bytes() { return work_bytes.load(); }
int64_t WorkMemory::thread_bytes() { return thread_work_bytes; }

bool WorkMemory::OthersHoldMuch(int64_t own_bytes) {
  const size_t all = bytes();
  const auto own = static_cast<size_t>(std::max<int64_t>(own_bytes, 0));
  return all - std::min(own, all) > bytes_max() / kLittle;
}

MemoryShare::MemoryShare(MemoryShare&& other) noexcept
    : use_(other.use_), held_(std::exchange(other.held_, 0)) {}

MemoryShare& MemoryShare::operator=(MemoryShare&& other) noexcept {
  if (this == &other) return *this;
  Release();
  use_ = other.use_;
  held_ = std::exchange(other.held_, 0);
  return *this;
}

bool MemoryShare::Cover(size_t bytes) {
  if (bytes <= held_ || bytes <= kFreeBytes) [[likely]]
    return true;
  const size_t limit = LimitOf(use_, work_bytes_max.load(std::memory_order_relaxed));
  size_t now = work_bytes.load(std::memory_order_relaxed);
  size_t more = 0;
  do {
    const size_t left = limit - std::min(now, limit);
    if (bytes - held_ > left) return false;
    more = std::min(Steps(bytes) - held_, left);  // The last step may be a short one.
  } while (!work_bytes.compare_exchange_weak(now, now + more, std::memory_order_relaxed));
  held_ += more;
  thread_work_bytes += static_cast<int64_t>(more);
  return true;
}

void MemoryShare::ShrinkTo(size_t bytes) {
  const size_t wanted = bytes <= kFreeBytes ? 0 : Steps(bytes);
  if (wanted >= held_) return;
  GiveBack(std::exchange(held_, wanted) - wanted);
}

void MemoryShare::Release() {
  if (held_ != 0) GiveBack(std::exchange(held_, 0));
}

namespace base {

void BeginOperation() { operation_began_bytes = thread_work_bytes; }

int64_t OperationBytes() { return thread_work_bytes - operation_began_bytes; }

bool OthersAreInTheWay(size_t bytes, MemoryShare::Use use) {
  return bytes <= LimitOf(use, WorkMemory::bytes_max()) &&
         WorkMemory::OthersHoldMuch(OperationBytes());
}

Status OutOfMemory(const char* what, size_t bytes, size_t bytes_max) {
  if (bytes <= bytes_max && OthersAreInTheWay(bytes)) return OthersHoldMemory(what);
  const size_t limit =
      std::min(bytes_max, LimitOf(MemoryShare::Use::kKept, WorkMemory::bytes_max()));
  return Status(
      ErrorCode::kQueryExceededMemoryLimitNoDiskUseAllowed,
      std::string(what) + " exceeded the memory limit of " + std::to_string(limit) + " bytes");
}

Status OthersHoldMemory(const char* what) {
  return Status(ErrorCode::kTemporarilyUnavailable,
                std::string(what) + ": other work leaves too little memory; try again later");
}

}  // namespace base
}  // namespace cairn
