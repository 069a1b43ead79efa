// SPDX-License-Identifier: Apache-2.0
// One bound for what the work of this process holds in memory beside the caches: request bodies,
// replies, sorts, groups. Memory is the process's, so the bound is, too, whichever database works.
//
// Each holder has a share that grows with it. A share that cannot grow makes its holder do with
// less: spill to disk, end a batch, refuse a request. Small shares are not counted, so that work
// goes on, slowly, when others have everything. A cursor may keep its sort for minutes while nobody
// reads it, so what is kept leaves half of the memory to requests and replies, which pass.
// Thread safety: WorkMemory any thread; a MemoryShare belongs to its holder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cairn {

class WorkMemory {
 public:
  /// What nobody has set it to.
  static constexpr size_t kDefaultBytesMax = size_t{512} << 20;

  /// What is held already is not taken away.
  static void SetBytesMax(size_t bytes);
  static size_t bytes_max();
  /// Held now, by all shares that count.
  static size_t bytes();
  /// By how much shares have grown on this thread, less what has shrunk there. The difference
  /// between two calls is what the work between them has come to hold.
  static int64_t thread_bytes();
  /// Whether others have so much that it is they who leave too little to one that holds
  /// `own_bytes`.
  static bool OthersHoldMuch(int64_t own_bytes);
};

class MemoryShare {
 public:
  /// Up to here a share does not count.
  static constexpr size_t kFreeBytes = size_t{64} << 10;

  enum class Use { kKept, kPassing };
  explicit MemoryShare(Use use = Use::kKept) : use_(use) {}
  ~MemoryShare() { Release(); }
  MemoryShare(MemoryShare&& other) noexcept;
  MemoryShare& operator=(MemoryShare&& other) noexcept;

  /// Makes the share cover `bytes`; a larger one stays. False when others hold too much: then it is
  /// as it was.
  bool Cover(size_t bytes);
  /// Keeps about `bytes` of it.
  void ShrinkTo(size_t bytes);
  void Release();
  /// What counts of it.
  size_t held() const { return held_; }

 private:
  Use use_;
  size_t held_ = 0;
};

}  // namespace cairn
