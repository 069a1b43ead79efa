// SPDX-License-Identifier: Apache-2.0
// Order-preserving encoding of BSON values: comparing the bytes of two keys gives bson::Compare of the
// values (missing is not encoded: callers decide, index keys use null). Descending fields are the
// bytewise complement. The grammar and its test vectors stand in docs/format.md.
//
//   value   := type byte (the canonical order), body          every encoding delimits itself
//   number  := 8 bytes of the double rounded toward minus infinity, sign-folded so that bytes sort;
//              2 bytes: integer remainder << 1 | tail flag; then the tail when the flag is set
//              (decimals that no double + integer remainder equals)
//   string  := bytes with 00 written as 00 FF, then 00
//
// Equal numbers of different types have equal keys; -0 = 0; all NaN are equal and lowest. The types are
// kept apart in TypeBits, from which a covered query rebuilds the exact values.
// Thread safety: free functions, any thread; TypeBits is a value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/bson.h"
#include "cairn/status.h"
#include "engine/key/keyspace.h"

namespace cairn::key {

enum class Direction : uint8_t { kAscending = 0, kDescending = 1 };

/// What key bytes do not say: the numeric type, the sign of zero, a decimal's exponent, symbol or
/// string. Empty for the most common types in all fields (each value then costs no byte).
class TypeBits {
 public:
  /// The bytes as stored in an index entry.
  const std::string& bytes() const { return bytes_; }
  void clear() {
    bytes_.clear();
    values_ = 0;
  }

 private:
  friend class Encoder;  // Encoder is defined in encoding.cc alone.
  std::string bytes_;
  uint32_t values_ = 0;
};

/// Appends the encoding of `value` (not missing) to `key`, and its types to `type_bits` when given.
void AppendValue(bson::Value value, Direction direction, std::string* key,
                 TypeBits* type_bits = nullptr);

/// Bytes that the first encoded value of `key` takes. Error DataCorruptionDetected when damaged.
Result<size_t> EncodedSize(std::string_view key, Direction direction);

/// Rebuilds values, in the order in which they were appended.
class Decoder {
 public:
  /// Borrows both. `type_bits` are the bytes of the TypeBits of all values of `key`.
  Decoder(std::string_view key, std::string_view type_bits) : key_(key), type_bits_(type_bits) {}
  /// Appends the next value under `name`. Error DataCorruptionDetected when damaged.
  Status Next(Direction direction, std::string_view name, bson::Builder* out);
  /// What is left of the key, such as a document key suffix.
  std::string_view rest() const { return key_; }

 private:
  std::string_view key_;
  std::string_view type_bits_;
  uint32_t value_ = 0;
};

/// Cuts a key that is longer than kMaxKeyBytes to a prefix and a SHA-256 of the whole, so that unequal
/// keys stay unequal; true when it did. Order is kept up to the cut only: the caller rechecks.
bool FitKey(std::string* key);

/// Document key suffix of layout by_id: the ascending encoding of `_id`, fitted (4 bytes are left for
/// the collection id).
std::string EncodeId(bson::Value id);
/// The document key of layout by_id.
std::string DocumentKey(uint32_t collection_id, bson::Value id);

}  // namespace cairn::key
