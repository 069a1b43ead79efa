// SPDX-License-Identifier: Apache-2.0
// MD5 (RFC 1321), because MongoDB's hashes of index keys are made with it. Not for security.
// Thread safety: none; an Md5 belongs to one hash.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::base {

class Md5 {
 public:
  using Digest = std::array<uint8_t, 16>;

  void Add(std::string_view bytes);
  /// Of all bytes that were added; nothing may be added afterwards.
  Digest Finish();

 private:
  static constexpr size_t kBlockBytes = 64;
  void AddBlock(const uint8_t* block);

  std::array<uint32_t, 4> state_ = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::array<uint8_t, kBlockBytes> pending_{};
  uint64_t size_ = 0;
};

}  // namespace cairn::base
