// SPDX-License-Identifier: Apache-2.0
// Order-preserving encoding of BSON values: comparing the bytes of two keys gives bson::Compare of
// the values (missing is not encoded: callers decide, index keys use null). Descending fields are
// the bytewise complement. The grammar with test vectors stands in docs/format.md; in short:
//
//   value   := type byte (the canonical order), body
//   number  := 8 bytes of the double rounded toward minus infinity, sign-folded so that bytes sort;
//              2 bytes: integer remainder << 1 | tail flag; then 16 bytes of tail when the flag is
//              set (decimals that no double + integer remainder equals)
//   string  := bytes with 00 written as 01 01 and 01 as 01 02, then 00
//   object  := (type byte, name as a string, body)*, 00          array := value*, 00
//
// Invariants: every encoding delimits itself and none is a prefix of another, in both directions,
// so any bytes may follow one. Equal numbers of different types have equal keys; -0 = 0; all NaN
// are equal and lowest. The types are kept apart in TypeBits, from which a covered query rebuilds
// exact values. Thread safety: free functions, any thread; TypeBits and Decoder are values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/key/keyspace.h"
#include "engine/key/type_bits.h"

namespace cairn::key {

enum class Direction : uint8_t { kAscending = 0, kDescending = 1 };

/// Appends the encoding of `value` to `key`, and its types to `type_bits` when given. A missing
/// value becomes null. Not recursive, so a value of any depth is safe; only bson::kMaxDepth levels
/// decode.
void AppendValue(bson::Value value, Direction direction, std::string* key,
                 TypeBits* type_bits = nullptr);

/// Bytes that the first encoded value of `key` takes. Error DataCorruptionDetected when damaged.
Result<size_t> EncodedSize(std::string_view key, Direction direction);

/// Rebuilds values, in the order in which they were appended.
class Decoder {
 public:
  /// Borrows both. `type_bits` are the bytes of the TypeBits of all values of `key`.
  Decoder(std::string_view key, std::string_view type_bits) : key_(key), types_(type_bits) {}
  /// Appends the next value under `name`. Error DataCorruptionDetected when damaged: nothing about
  /// `out` is then certain, throw it away.
  Status Next(Direction direction, std::string_view name, bson::Builder* out);
  /// What is left of the key, such as a document key suffix.
  std::string_view rest() const { return key_; }

 private:
  std::string_view key_;
  TypeBitsReader types_;
};

/// A document key suffix is shorter than this, or cut to exactly this. It leaves the other half of
/// an index entry's key to the encoded fields: FitKey(&fields, kMaxFieldBytes).
inline constexpr size_t kMaxSuffixBytes = 1024;
/// What an index entry's key has for the encoded fields, beside the index id and the suffix.
inline constexpr size_t kMaxFieldBytes = kMaxKeyBytes - sizeof(uint32_t) - kMaxSuffixBytes;
/// The SHA-256 at the end of a cut key.
inline constexpr size_t kDigestBytes = 32;

/// Cuts a key of `bytes_max` (at least kDigestBytes) bytes or more to exactly `bytes_max`: a prefix
/// and a SHA-256 of the whole, so that unequal keys stay unequal; true when it did. Order is kept
/// up to the cut only: the caller rechecks. A cut key does not decode.
bool FitKey(std::string* key, size_t bytes_max = kMaxKeyBytes);

/// Document key suffix of layout by_id: the ascending encoding of `_id`, fitted to kMaxSuffixBytes.
std::string EncodeId(bson::Value id);
/// The document key of layout by_id: the collection id and EncodeId(id).
std::string DocumentKey(uint32_t collection_id, bson::Value id);

}  // namespace cairn::key
