// SPDX-License-Identifier: Apache-2.0
// Numbers of all four types as bytes that sort by value, without long double:
//
//   number := floor, remainder, [tail]
//   floor  := u64: the bits of the greatest double f that is <= the number, all flipped when f is
//             negative, otherwise the sign bit flipped; all zero for NaN
//   remainder := u16: r << 1 | tail flag, with r = floor(number - f) where 2^53 <= |f| <= 2^63 and
//   the
//             number lies in int64's range; otherwise 0. r <= 1023.
//   tail   := u128, when number > f + r (decimals only): (e + 6209) << 113 | c, where the number is
//             c * 10^e with 34 digits in c; all flipped when the number is negative
//
// Invariants: f and r depend on the value alone, never on its type. Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/key/type_bits.h"

namespace cairn::key {

/// Appends a number's body and, when asked, its type.
void AppendNumber(bson::Value value, std::string* key, TypeBits* type_bits);

/// Rebuilds a number from its whole body (10 or 26 bytes, as the flag says) and its type. Error
/// DataCorruptionDetected when there is no such number.
Status DecodeNumber(std::string_view body, const TypeEntry& type, std::string_view name,
                    bson::Builder* out);

}  // namespace cairn::key
