// SPDX-License-Identifier: Apache-2.0
// The integer part of a decimal128: up to 34 digits in a 128-bit integer, and powers of ten.
// Thread safety: pure functions.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "engine/bson/number.h"

namespace cairn::bson {

__extension__ using Uint128 = unsigned __int128;

inline constexpr int kDecimalDigits = 34;
inline constexpr int kDecimalExponentMin = -6176;
inline constexpr int kDecimalExponentMax = 6111;

/// 10^0 .. 10^34.
inline constexpr auto kPowersOfTen = [] {
  std::array<Uint128, kDecimalDigits + 1> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

inline Uint128 Coefficient(const DecimalParts& parts) noexcept {
  return Uint128{parts.coefficient_high} << 64 | parts.coefficient_low;
}

inline void SetCoefficient(DecimalParts* parts, Uint128 coefficient) noexcept {
  parts->coefficient_high = static_cast<uint64_t>(coefficient >> 64);
  parts->coefficient_low = static_cast<uint64_t>(coefficient);
}

/// How many decimal digits `value` (< 10^34) has: 1 for zero.
inline int DigitsOf(Uint128 value) noexcept {
  const auto high = static_cast<uint64_t>(value >> 64);
  const int bits = high != 0 ? 128 - std::countl_zero(high)
                             : 64 - std::countl_zero(static_cast<uint64_t>(value) | 1);
  // log10(2) = 0.30103: the count is the estimate, or one more.
  const int estimate = bits * 1233 >> 12;
  return estimate + (value >= kPowersOfTen[static_cast<size_t>(estimate)] ? 1 : 0) +
         (estimate == 0 && value == 0 ? 1 : 0);
}

}  // namespace cairn::bson
