// SPDX-License-Identifier: Apache-2.0
// BSON's types and the values that are more than a number or a string: ObjectId, Decimal128,
// Timestamp. Part of cairn/bson.h.
//
// Thread safety: all types here are values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/export.h"
#include "cairn/status.h"

namespace cairn::bson {

/// BSON's type byte. Part of the on-disk format.
enum class Type : uint8_t {
  kEndOfObject = 0x00,  ///< Not a value: "missing".
  kDouble = 0x01,
  kString = 0x02,
  kDocument = 0x03,
  kArray = 0x04,
  kBinary = 0x05,
  kUndefined = 0x06,  ///< Deprecated.
  kObjectId = 0x07,
  kBool = 0x08,
  kDate = 0x09,
  kNull = 0x0A,
  kRegex = 0x0B,
  kDbPointer = 0x0C,  ///< Deprecated.
  kCode = 0x0D,
  kSymbol = 0x0E,  ///< Deprecated.
  kCodeWithScope = 0x0F,
  kInt32 = 0x10,
  kTimestamp = 0x11,
  kInt64 = 0x12,
  kDecimal128 = 0x13,
  kMaxKey = 0x7F,
  kMinKey = 0xFF,
};

/// MongoDB's alias of a type as `$type` takes it: "double", "string", "objectId", …; "missing".
[[nodiscard]] CAIRN_API std::string_view TypeName(Type type);

inline constexpr int kMaxDepth = 100;                           ///< Nested levels.
inline constexpr int32_t kMaxDocumentBytes = 16 * 1024 * 1024;  ///< A stored document.
/// Commands and replies may carry a whole document and its envelope.
inline constexpr int32_t kMaxMessageBytes = 48 * 1024 * 1024;

/// A 12-byte ObjectId; ordered by its bytes.
struct CAIRN_API ObjectId {
  std::array<uint8_t, 12> bytes{};

  /// A new id: 4 bytes seconds, 5 bytes random per process, 3 bytes counter. Any thread.
  static ObjectId Generate();
  /// From exactly 24 hexadecimal digits of either case.
  static Result<ObjectId> FromHex(std::string_view hex);
  std::string ToHex() const;
  auto operator<=>(const ObjectId&) const = default;
};

/// An IEEE 754-2008 decimal128 in its binary integer encoding, little-endian halves as in BSON.
struct CAIRN_API Decimal128 {
  uint64_t low = 0;
  uint64_t high = 0;

  /// By the decimal128 specification's grammar; exact digits only ("inexact rounding" is an error).
  static Result<Decimal128> FromString(std::string_view text);
  static Decimal128 FromInt64(int64_t value);
  /// The decimal nearest to `value` with 15 significant digits, as MongoDB converts.
  static Decimal128 FromDouble(double value);
  std::string ToString() const;
  bool IsNaN() const;
  bool IsInfinite() const;
  bool IsNegative() const;
  /// Bitwise; compare values with bson::Compare.
  bool operator==(const Decimal128&) const = default;
};

/// BSON's internal timestamp: ordered by seconds, then increment.
struct Timestamp {
  uint32_t increment = 0;
  uint32_t seconds = 0;
  bool operator==(const Timestamp&) const = default;
};

namespace internal {

/// How long a payload is, by type byte: a number of bytes, or one of the negative classes.
inline constexpr int8_t kSizeOwnLength =
    -1;  ///< The int32 at its start: documents, arrays, scoped code.
inline constexpr int8_t kSizeString = -2;     ///< 4 + that int32.
inline constexpr int8_t kSizeBinary = -3;     ///< 5 + that int32.
inline constexpr int8_t kSizeDbPointer = -4;  ///< 16 + that int32.
inline constexpr int8_t kSizeRegex = -5;      ///< Two strings that end with NUL.
inline constexpr int8_t kSizeInvalid = -6;    ///< No such type.
/// Indexed by the type byte.
CAIRN_API extern const std::array<int8_t, 256> kPayloadSize;
/// The size of a payload of one of the negative classes.
[[nodiscard]] CAIRN_API size_t VariableSize(int8_t size_class, const char* payload) noexcept;
/// The bytes of {}.
inline constexpr std::string_view kEmptyDocument("\x05\0\0\0\0", 5);

}  // namespace internal

}  // namespace cairn::bson
