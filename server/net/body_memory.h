// SPDX-License-Identifier: Apache-2.0
// What the body of a request costs while it is read and served. Thread safety: functions, any
// thread.
#pragma once

#include <algorithm>
#include <cstddef>

namespace cairn::server {

/// The text, the documents that are made of it, and what a transaction and the log keep for a
/// moment of those that go into one commit.
inline constexpr size_t kCommitCopies = 4;
inline constexpr size_t kCommitBytes = size_t{16} << 20;

inline size_t MemoryOfBody(size_t bytes) {
  return 2 * bytes + kCommitCopies * std::min(bytes, kCommitBytes);
}

/// The longest body whose memory is within `work_bytes`.
inline size_t BodyBytesWithin(size_t work_bytes) {
  const size_t whole = work_bytes / (2 + kCommitCopies);
  return whole <= kCommitBytes ? whole : (work_bytes - kCommitCopies * kCommitBytes) / 2;
}

}  // namespace cairn::server
