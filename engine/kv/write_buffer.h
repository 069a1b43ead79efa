// SPDX-License-Identifier: Apache-2.0
// The writes of one transaction, in order, before they go to a backend; and a scan that shows them
// merged over what is stored. Backend-neutral.
//
// Invariants: bytes never move once they are in, so views stay valid as long as the buffer; the
// index by key is only made when a buffer grows past kLinearMax operations, so that a transaction
// of a few operations costs no allocation. Thread safety: one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "engine/kv/store.h"

namespace cairn::kv {

class WriteBuffer {
 public:
  enum class Kind : uint8_t { kPut, kDelete };

  /// One write. `second` is the value of a put.
  struct Operation {
    Family family;
    Kind kind;
    uint64_t hash;  // of (family, key)
    std::string_view key;
    std::string_view second;
  };

  WriteBuffer() = default;
  WriteBuffer(const WriteBuffer&) = delete;
  WriteBuffer& operator=(const WriteBuffer&) = delete;

  void Put(Family family, std::string_view key, std::string_view value);
  void Delete(Family family, std::string_view key);

  /// The newest put or delete of `key`, or null.
  const Operation* Find(Family family, std::string_view key) const;

  bool empty() const { return operations_.empty(); }
  size_t bytes() const { return bytes_; }
  /// Memory that lives as long as the buffer; its first bytes cost no allocation.
  std::pmr::memory_resource* arena() { return &arena_; }
  const std::pmr::vector<Operation>& operations() const { return operations_; }

  /// The newest operation of each key within `range`, in the order of keys.
  std::vector<const Operation*> Sorted(Family family, const Range& range) const;

 private:
  static constexpr size_t kLinearMax = 12;

  std::string_view Keep(std::string_view bytes);
  void Add(Operation operation);
  void IndexOne(size_t position) const;
  void Grow() const;

  alignas(std::max_align_t) std::byte inline_[2048];
  std::pmr::monotonic_buffer_resource arena_{inline_, sizeof(inline_)};
  std::pmr::vector<Operation> operations_{&arena_};
  size_t bytes_ = 0;
  // Open addressing: position + 1 of the newest operation of a key, 0 for free. A power of two in
  // size.
  mutable std::vector<uint32_t> slots_;
  mutable size_t indexed_ = 0;
};

/// `stored` with the buffer's writes of now laid over it. Writes made later are not seen by the
/// scan.
std::unique_ptr<Scan> OverlayWrites(std::unique_ptr<Scan> stored, const WriteBuffer& buffer,
                                    Family family, const Range& range, bool reverse);

}  // namespace cairn::kv
