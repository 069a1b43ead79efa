// SPDX-License-Identifier: Apache-2.0
// Looks for the first damage in the bytes of a write-ahead log, without RocksDB, which does not say
// where it found one. The format (RocksDB's, of which Cairn writes the plain variant):
//
//   log    := block*              each of 32 KiB, the last one shorter
//   block  := record*, zeros      the zeros are shorter than a record's head
//   record := masked CRC-32C of type and data u32, length u16, type u8, data
//
// Thread safety: any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace cairn::kv {

inline constexpr uint64_t kLogBlockBytes = 32768;

/// The length of the undamaged beginning: whole records, all of them when nothing is damaged. `log`
/// begins with a block.
uint64_t SoundLogBytes(std::string_view log);

}  // namespace cairn::kv
