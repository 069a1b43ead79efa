// SPDX-License-Identifier: Apache-2.0
// Finds duplicate names among the fields of one object while it is read. Up to 16 names are
// compared by hash one after the other; from there on a hash table is used. The hash has a random
// seed, so nobody can prepare names that collide. Not thread-safe.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"

namespace cairn::json {

/// Where a name stands in the output, and its hash.
struct NameRef {
  uint32_t hash;
  uint32_t offset;
  uint32_t size;
};

/// A hash of names with a seed that is random for each process.
class NameHash {
 public:
  NameHash() noexcept;

  /// Of the `size` bytes at `name`; up to 8 bytes behind them are read, but do not count.
  uint32_t operator()(const char* name, size_t size) const noexcept {
    uint64_t hash = seed_ ^ size;
    for (; size >= 8; size -= 8, name += 8) {
      hash = Mix(hash ^ base::LoadLittle<uint64_t>(name));
    }
    const uint64_t mask = (uint64_t{1} << (8 * size)) - 1;
    return static_cast<uint32_t>(Mix(hash ^ (base::LoadLittle<uint64_t>(name) & mask)) >> 16);
  }

 private:
  __extension__ using Uint128 = unsigned __int128;
  uint64_t Mix(uint64_t value) const noexcept {
    const Uint128 product = Uint128{value} * factor_;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }

  uint64_t seed_;
  uint64_t factor_;
};

/// The table of one object. The names themselves are in a list that is shared by all open objects:
/// those of this one are the last.
class NameSet {
 public:
  static constexpr size_t kScannedMax = 16;

  /// Adds the name at `ref` unless an equal one is there; false when it is. `names` begins at this
  /// object's `first` name, `base` is where the offsets count from.
  [[nodiscard]] bool Insert(const NameRef& ref, size_t first, std::vector<NameRef>* names,
                            const char* base) {
    const size_t count = names->size() - first;
    if (count >= kScannedMax) return InsertHashed(ref, first, names, base);
    for (size_t i = first; i < names->size(); ++i) {
      if (Equal((*names)[i], ref, base)) return false;
    }
    names->push_back(ref);
    return true;
  }

 private:
  static bool Equal(const NameRef& a, const NameRef& b, const char* base) {
    return a.hash == b.hash &&
           std::string_view(base + a.offset, a.size) == std::string_view(base + b.offset, b.size);
  }
  bool InsertHashed(const NameRef& ref, size_t first, std::vector<NameRef>* names,
                    const char* base);
  void Rebuild(size_t first, const std::vector<NameRef>& names);

  std::vector<uint32_t> slots_;  // 1 + position after `first`; 0 is free. A power of two of them.
};

}  // namespace cairn::json
