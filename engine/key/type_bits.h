// SPDX-License-Identifier: Apache-2.0
// What the bytes of a key do not say: of which type a number or string is, and what tells numbers
// apart that compare equal (-0.0, 1.0 and 1.00 as decimals, a NaN's payload). Every number, string
// and symbol of a key, nested ones included, takes one slot, in the order of the encoding. A slot
// of the default type takes no bytes; the others are entries:
//
//   type bits := entry*
//   entry     := u8: (slots of the default type before it, at most 15) << 4 | kind;
//                when that count is 15: what is above 15 as LEB128;
//                then the kind's payload
//
// The default type of a number is the first of int32, int64, double and decimal that can hold the
// value, a decimal then without trailing zeros; that of a string is string. Integers of a key that
// are all int32, fractions that are all double, and strings that are no symbols thus cost nothing.
// Thread safety: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::key {

/// Part of the on-disk format: never change.
enum class TypeKind : uint8_t {
  kDefault = 0,  ///< Never stored.
  kInt64 = 1,
  kDouble = 2,
  kNegativeZero = 3,  ///< The double -0.0.
  kDoubleBits = 4,    ///< A NaN but the usual one. Payload: the 8 bytes of BSON.
  kDecimal = 5,       ///< Without trailing zeros, or the usual NaN or infinity.
  kDecimalZeros = 6,  ///< Payload: u8, how many trailing zeros the coefficient has, 1..33.
  kDecimalZero = 7,   ///< Payload: u16 LE, sign << 15 | biased exponent.
  kDecimalBits = 8,   ///< An unusual zero, NaN or infinity. Payload: the 16 bytes of BSON.
  kSymbol = 9,
};
inline constexpr int kTypeKindCount = 10;

/// The bytes of a kind's payload.
size_t TypePayloadBytes(TypeKind kind);

/// Collects the types of a key's values.
class TypeBits {
 public:
  /// The bytes as stored in an index entry. Empty when all types are the default ones.
  const std::string& bytes() const { return bytes_; }
  void clear() {
    bytes_.clear();
    defaults_ = 0;
  }

  /// The next slot is of the default type.
  void AddDefault() { ++defaults_; }
  /// The next slot is of another type; the payload has TypePayloadBytes(kind) bytes.
  void Add(TypeKind kind, std::string_view payload = {});

 private:
  std::string bytes_;
  uint64_t defaults_ = 0;  // Slots since the last entry.
};

/// The type of one slot.
struct TypeEntry {
  TypeKind kind = TypeKind::kDefault;
  std::string_view payload;  ///< Borrowed from the type bits.
};

/// Reads the slots back, in order.
class TypeBitsReader {
 public:
  /// Borrows `bytes`.
  explicit TypeBitsReader(std::string_view bytes) : rest_(bytes) {}
  /// The next slot; empty when the bytes are damaged. After the last entry all are the default
  /// type.
  std::optional<TypeEntry> Next();

 private:
  /// Reads the head of the next entry.
  bool ReadHead();

  std::string_view rest_;
  uint64_t defaults_ = 0;               // Slots before the entry whose head has been read.
  TypeKind kind_ = TypeKind::kDefault;  // That entry's; kDefault when none has been read.
};

}  // namespace cairn::key
