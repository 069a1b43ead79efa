// SPDX-License-Identifier: Apache-2.0
// Fixed-width integers in byte strings: little-endian as in BSON, big-endian where bytes must sort.
// Unchecked: the caller has made sure that the bytes are there. Any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace cairn::base {

static_assert(std::endian::native == std::endian::little, "Cairn is little-endian only");

template <typename T>
T LoadLittle(const void* from) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <typename T>
void StoreLittle(void* to, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(to, &value, sizeof(T));
}

template <typename T>
void AppendLittle(std::string* to, T value) {
  to->append(reinterpret_cast<const char*>(&value), sizeof(T));
}

inline uint16_t ByteSwap(uint16_t v) { return __builtin_bswap16(v); }
inline uint32_t ByteSwap(uint32_t v) { return __builtin_bswap32(v); }
inline uint64_t ByteSwap(uint64_t v) { return __builtin_bswap64(v); }

template <typename T>
T LoadBig(const void* from) {
  static_assert(std::is_unsigned_v<T>);
  return ByteSwap(LoadLittle<T>(from));
}

template <typename T>
void AppendBig(std::string* to, T value) {
  static_assert(std::is_unsigned_v<T>);
  AppendLittle(to, ByteSwap(value));
}

}  // namespace cairn::base
